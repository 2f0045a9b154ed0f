-- The browsers of a benchmark, for wrk. Every answer is checked: whatever is not expected counts as bad.
--
-- KIND     fixed: the same request again and again; chain: each thread refreshes with the cookie it was last given;
--          login: users in turn; day: one login, DAY_REFRESHES refreshes and DAY_GUARDED guarded requests, mixed.
-- METHOD PATH_TO_ASK BODY HEADERS ("Name: value|Name: value"), EXPECT (statuses, with blanks between)
-- COOKIES  file, a line "name=value" a thread (chain, day)
-- TOKENS   file, an access token a line (day)
-- USERS    how many users there are (login, day); in BODY, %d is the number of one
local threads = {}

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

-- The file is closed at once: wrk has room for few of them beside its sockets.
local function line_of(name, wanted)
  local file = assert(io.open(name))
  local found
  for _ = 0, wanted do found = file:read("*l") end
  file:close()
  return found or error(name .. " has no line for every thread")
end

local function headers_of(text)
  local found = { ["Content-Type"] = "application/json" }
  for pair in (text or ""):gmatch("[^|]+") do
    local name, value = pair:match("^([^:]+):%s*(.+)$")
    found[name] = value
  end
  return found
end

function init()
  kind = os.getenv("KIND")
  path, method, body = os.getenv("PATH_TO_ASK"), os.getenv("METHOD") or "POST", os.getenv("BODY")
  expected = {}
  for status in (os.getenv("EXPECT") or "200"):gmatch("%d+") do expected[tonumber(status)] = true end
  headers = headers_of(os.getenv("HEADERS"))
  users = tonumber(os.getenv("USERS") or 1)
  ok, bad, last = 0, 0, ""
  user = id * 7919
  if kind == "chain" or kind == "day" then
    cookie = line_of(os.getenv("COOKIES"), id)
    cookie_name = cookie:match("^[^=]+")
  end
  if kind == "day" then
    token = line_of(os.getenv("TOKENS"), id)
    refreshes, guarded = tonumber(os.getenv("DAY_REFRESHES")), tonumber(os.getenv("DAY_GUARDED"))
    step = id * 131
  end
end

local function refresh()
  headers["Cookie"] = cookie
  return wrk.format("POST", path, headers, "{}")
end

local function login()
  user = user + 1
  return wrk.format("POST", os.getenv("LOGIN_PATH") or path, headers, (body:gsub("%%d", tostring(user % users + 1))))
end

function request()
  if kind == "chain" then return refresh() end
  if kind == "login" then return login() end
  if kind == "fixed" then return wrk.format(method, path, headers, body) end
  step = step + 1
  local turn = step % (1 + refreshes + guarded)
  is_login = turn == 0
  if is_login then return login() end
  -- Spread evenly, as they come in life.
  if turn % math.floor((refreshes + guarded) / refreshes) == 0 then return refresh() end
  return wrk.format("GET", os.getenv("GUARDED_PATH"), { ["Authorization"] = "Bearer " .. token })
end

function response(status, answer, text)
  if expected[status] then ok = ok + 1 else bad = bad + 1; last = status .. " " .. text end
  -- The cookie of a login belongs to somebody else.
  if not cookie_name or is_login then return end
  for name, value in pairs(answer) do
    if name:lower() == "set-cookie" and value:sub(1, #cookie_name + 1) == cookie_name .. "=" then
      cookie = value:match("^[^;]+")
      changed = (changed or 0) + 1
    end
  end
end

function done(summary, latency)
  local totals = { ok = 0, bad = 0, changed = 0 }
  local sample = ""
  for _, thread in ipairs(threads) do
    for name in pairs(totals) do totals[name] = totals[name] + (thread:get(name) or 0) end
    if thread:get("last") ~= "" then sample = thread:get("last") end
  end
  local seconds = summary.duration / 1e6
  io.write(string.format(
    'RESULT {"perSecond": %.1f, "ok": %d, "bad": %d, "changed": %d, "p50": %.3f, "p99": %.3f, "lost": "%d connect, %d read, %d write, %d timeout", "sample": "%s"}\n',
    totals.ok / seconds, totals.ok, totals.bad, totals.changed, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, summary.errors.connect, summary.errors.read, summary.errors.write, summary.errors.timeout, (sample:gsub('[%c"\\]', ' '))))
end
