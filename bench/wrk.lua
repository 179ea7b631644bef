-- The load of bench/read.py, for wrk: badge reads of one tenant, or of many in turn.
--
-- usage: wrk … -s bench/wrk.lua http://127.0.0.1:PORT/api/sidebar/badges -- TENANTS
--
-- The tenants are those of bench/rows.sql. Requests are made before the clock starts. The last line of the output is
-- one JSON object, for programs.

local function tenant(i)
    return string.format("00000000-0000-4000-8000-%012x", i)
end

function init(args)
    local tenants = tonumber(args[1]) or 1
    wrk.headers["X-Tenant-Id"] = tenant(1)
    if tenants == 1 then
        return -- without a function `request`, wrk sends the same bytes again and again
    end
    local requests = {}
    for i = 1, tenants do
        wrk.headers["X-Tenant-Id"] = tenant(i)
        requests[i] = wrk.format("GET", wrk.path)
    end
    local last = 0
    function request()
        last = last % tenants + 1
        return requests[last]
    end
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format(
        '{"requests":%d,"duration_us":%d,"bytes":%d,"failed":%d,"p50_us":%d,"p99_us":%d}\n',
        summary.requests, summary.duration, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
        latency:percentile(50), latency:percentile(99)))
end
