#!/usr/bin/env python3
"""Writes the web logs of fixtures/: make-fixtures.py [--seed N] [--out DIR]. The same seed gives the same bytes.

A row: requestid,host,date,hourofday,timezone,method,"url",responsecode,bytessent,"useragent"; no header, LF ends a
row, the last one too; only url and useragent are quoted, a quote inside is doubled. Everything in the rows is
invented. Hosts are documentation addresses (RFC 5737), but for CRAWLER, whose rows the walkthrough queries.
"""

import argparse
import datetime
import pathlib
import random

CRAWLER = "66.249.67.3"
HOSTS = 208
START = datetime.datetime(2017, 7, 20, 20, 0)
SECONDS_BETWEEN_ROWS = 8

#: name, first and last requestid. The small file is the beginning of the first one.
FILES = [
    ("logfile_medium1.csv", 1, 2000),
    ("logfile_medium2.csv", 2001, 4000),
    ("logfile_stream.csv", 4001, 6000),
    ("logfile_small1.csv", 1, 500),
]

CRAWLER_AGENT = "Mozilla/5.0 (compatible; Pathfinder/3.4; +http://pathfinder.example/about.html)"
AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:57.0) Heron/57.0 (KHTML, like Marsh) Wader/11.2",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_12_5) Kestrel/603.2.4 (KHTML, like Marsh) Version/10.1 Lark/603.2",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Osprey/59.0.3071 (KHTML, like Marsh) Lark/537.36",
    "Mozilla/4.0 (compatible;  Puffin 6.0;  Windows NT 5.1;  SV1;  Runtime 1.1.4322;  Runtime 2.0.50727)",
    "Mozilla/5.0 (Linux; Android 7.1; Tern 5) Osprey/58.0.3029 (KHTML, like Marsh) Mobile Lark/537.36",
    "feedgull/2.1 (+http://feedgull.example/bot; 12 subscribers)",
    "Dipper-HTTP/1.0 (health check)",
    "Wren/7.54.1",
    "-",
    'Stint/0.9 ("nightly", build 2214)',
    "Bécassine/1.2 (lecteur de flux; français)",
    "白鷺/3.0 (閲覧器; 日本語)",
]
AGENT_WEIGHTS = [18, 16, 16, 10, 12, 9, 6, 5, 3, 2, 2, 1]

SECTIONS = ["harbour", "tides", "birds", "charts", "stories", "workshop"]
SUBJECTS = ["avocet", "bittern", "curlew", "dunlin", "egret", "fulmar", "gannet", "heron", "ibis", "jacana"]
ASSETS = ["/style/main.css", "/style/print.css", "/script/menu.js", "/images/pier.png", "/favicon.ico", "/robots.txt"]
SEARCHES = [
    "low tide, spring",
    'the "old" lighthouse',
    "Möwe am Hafen",
    "渡り鳥 2017",
    "buoys, bells, and fog",
    "señales del faro",
    "gull 🐦 north pier",
]


def url(chance):
    """A path with or without a query; some have commas, quotes or letters beyond ASCII in them."""
    kind = chance.random()
    section, subject, number = chance.choice(SECTIONS), chance.choice(SUBJECTS), chance.randrange(100, 40000)
    if kind < 0.20:
        return chance.choice(ASSETS)
    if kind < 0.45:
        return f"/{section}/{subject}/view?item={number}"
    if kind < 0.62:
        size = chance.choice(["thumb", "medium", "full"])
        return f"/gallery/{section}/photo?item={number}&size={size}&from=x{chance.getrandbits(32):08x}"
    if kind < 0.74:
        mode = chance.choice(["detailed", "summary"])
        back = f"%2F{section}%2Fphoto%3Fitem%3D{number}"
        return f"/gallery/switch?panel=exposure&mode={mode}&return={back}&name={subject}"
    if kind < 0.80:
        return f"/feeds/{section}.xml"
    if kind < 0.86:
        return f"/search?q={chance.choice(SEARCHES)}&page={chance.randrange(1, 9)}"
    if kind < 0.93:
        return f"/{section}/{chance.choice(SUBJECTS)},{subject}/compare"
    return "/" if kind < 0.97 else f"/{section}/"


def answer(chance):
    """A response code and the number of bytes sent."""
    code = chance.choices([200, 302, 304, 404, 206, 301, 500, 403], [860, 70, 25, 25, 8, 5, 5, 2])[0]
    if code in (302, 301):
        return code, chance.choice([5, 5, 348])
    if code == 304:
        return code, 0
    if code == 404:
        return code, 146
    return code, min(900_000, 90 + int(chance.lognormvariate(8.2, 1.3)))


def quoted(field):
    return '"' + field.replace('"', '""') + '"'


def make_hosts(chance):
    blocks = ["192.0.2", "198.51.100", "203.0.113"]
    addresses = [f"{block}.{last}" for block in blocks for last in range(1, 255)]
    return chance.sample(addresses, HOSTS)


def rows(seed, last):
    """The rows 1 to `last`, each without its line end."""
    chance = random.Random(seed)
    hosts = make_hosts(chance)
    agent_of = {host: chance.choices(AGENTS, AGENT_WEIGHTS)[0] for host in hosts}
    weights = [1 / (rank + 3) for rank in range(HOSTS)]
    for number in range(1, last + 1):
        crawled = chance.random() < 0.09
        host = CRAWLER if crawled else chance.choices(hosts, weights)[0]
        agent = CRAWLER_AGENT if crawled else agent_of[host]
        moment = START + datetime.timedelta(seconds=SECONDS_BETWEEN_ROWS * number)
        method = chance.choices(["GET", "HEAD", "POST"], [985, 10, 5])[0]
        code, size = answer(chance)
        yield (
            f"{number},{host},{moment:%Y-%m-%d},{moment:%H},GMT-0700,{method},"
            f"{quoted(url(chance))},{code},{size},{quoted(agent)}"
        )


def write(out, seed):
    lines = list(rows(seed, max(last for _, _, last in FILES)))
    out.mkdir(parents=True, exist_ok=True)
    for name, first, last in FILES:
        with open(out / name, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(line + "\n" for line in lines[first - 1 : last])


def main():
    parser = argparse.ArgumentParser(description="Write the web logs of fixtures/.")
    parser.add_argument("--seed", type=int, default=20170720)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1] / "fixtures")
    options = parser.parse_args()
    write(options.out, options.seed)
    for name, first, last in FILES:
        print(f"{options.out / name}: requestid {first} to {last}")


if __name__ == "__main__":
    main()
