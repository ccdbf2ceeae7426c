# `make` builds, `make demo` shows it. What each of these does stands in the script it calls.
.PHONY: build test demo handlers bench fuzz gates instructions format clean fixtures service-model

build:
	@scripts/build.sh

test:
	@scripts/test.sh

demo:
	@scripts/demo.sh

handlers:
	@scripts/handlers.sh

bench:
	@scripts/bench.sh

fuzz:
	@scripts/fuzz.sh

gates:
	@scripts/gates.sh

instructions:
	@scripts/instructions.sh $(BASE) $(OTHER)

format:
	@scripts/format.sh

fixtures:
	@python3 scripts/make-fixtures.py

service-model:
	@scripts/service-model.sh

clean:
	rm -rf .build .build_bench .build_instructions .venv bench-*.json
	@git worktree prune 2>/dev/null || true
