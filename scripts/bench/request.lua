-- The requests that wrk sends: wrk … -s request.lua URL -- KIND, where KIND is get, put or query.
-- Prints one line of JSON at the end. Bodies are made before the clock runs, so that wrk measures servers, not Lua.

local TABLE = "bench"
local BODIES = 4096 -- different requests, sent in turn
local ITEMS = 1000 -- item-00000 … are there to be read
local PARTITIONS = 10 -- group-0 … hold 100 items each
local FILLER_BYTES = 420 -- with names and key, an item of about 500 bytes

local function filler(seed)
    local letters = {}
    local state = seed * 7919 + 17
    for place = 1, FILLER_BYTES do
        state = (state * 1103515245 + 12345) % 2147483648
        letters[place] = string.char(97 + math.floor(state / 65536) % 26)
    end
    return table.concat(letters)
end

local kinds = {
    get = {
        target = "GetItem",
        body = function(n)
            return string.format('{"TableName":"%s","Key":{"pk":{"S":"item-%05d"},"sk":{"N":"0"}}}', TABLE, n % ITEMS)
        end,
    },
    put = {
        target = "PutItem",
        body = function(n)
            return string.format(
                '{"TableName":"%s","Item":{"pk":{"S":"put-%05d"},"sk":{"N":"0"},"turn":{"N":"%d"},"text":{"S":"%s"}}}',
                TABLE, n % BODIES, n, filler(n))
        end,
    },
    query = {
        target = "Query",
        body = function(n)
            return string.format(
                '{"TableName":"%s","KeyConditionExpression":"pk = :p",' ..
                '"ExpressionAttributeValues":{":p":{"S":"group-%d"}}}',
                TABLE, n % PARTITIONS)
        end,
    },
}

local requests, turn = {}, 0

function init(args)
    local kind = kinds[args[1]] or error("KIND is get, put or query")
    math.randomseed(20170720)
    local day = os.date("!%Y%m%d")
    local headers = {
        ["Content-Type"] = "application/x-amz-json-1.0",
        ["X-Amz-Target"] = "DynamoDB_20120810." .. kind.target,
        ["X-Amz-Date"] = os.date("!%Y%m%dT%H%M%SZ"),
        ["Authorization"] = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" .. day .. "/cn-north-1/dynamodb/aws4_request, "
            .. "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" .. string.rep("0123456789abcdef", 4),
    }
    for place = 1, BODIES do
        -- An overwrite with the same bytes may cost less than a write, so the runs must not repeat each other.
        local n = kind.target == "PutItem" and place + BODIES * math.floor((os.time() % 100000)) or math.random(0, 99999)
        requests[place] = wrk.format("POST", "/", headers, kind.body(n))
    end
end

function request()
    turn = turn % BODIES + 1
    return requests[turn]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests":%d,"microseconds":%d,"p50":%.0f,"p99":%.0f,"bad":%d,"broken":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
