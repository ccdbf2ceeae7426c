-- The requests that wrk sends: wrk … -s request.lua URL -- OPERATION REGION FILE [LOW HIGH].
-- FILE has a body on each line, sent in turn. With LOW and HIGH there is one body, in which a run of `@` becomes a random
-- number between them; both have as many digits as there are `@`.
-- Prints one line of JSON at the end. Bodies are made before the clock runs, so that wrk measures servers, not Lua.

local requests, turn = {}, 0
local before, after, low, high

function init(args)
    local operation, region, path = args[1], args[2], args[3]
    local day = os.date("!%Y%m%d")
    local headers = {
        ["Content-Type"] = "application/x-amz-json-1.0",
        ["X-Amz-Target"] = "DynamoDB_20120810." .. operation,
        ["X-Amz-Date"] = os.date("!%Y%m%dT%H%M%SZ"),
        ["Authorization"] = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" .. day .. "/" .. region .. "/dynamodb/aws4_request, "
            .. "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" .. string.rep("0123456789abcdef", 4),
    }
    for body in io.lines(path) do
        requests[#requests + 1] = wrk.format("POST", "/", headers, body)
    end
    if args[5] then
        math.randomseed(os.time())
        low, high = tonumber(args[4]), tonumber(args[5])
        local first, last = requests[1]:find("@+")
        before, after = requests[1]:sub(1, first - 1), requests[1]:sub(last + 1)
    end
end

function request()
    if before then return before .. math.random(low, high) .. after end
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests":%d,"microseconds":%d,"bytes":%d,"p50":%.0f,"p99":%.0f,"p999":%.0f,"bad":%d,"broken":%d}\n',
        summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
