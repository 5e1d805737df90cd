-- SPDX-License-Identifier: MIT
-- Tables, strings and closures in Lua: binary trees, string building, memoised closures. Lua asks the allocator for each.
local rounds = tonumber(arg[1]) or 6

local function tree(depth)
  if depth == 0 then return {} end
  return {tree(depth - 1), tree(depth - 1)}
end

local function leaves(node)
  if not node[1] then return 1 end
  return leaves(node[1]) + leaves(node[2])
end

local function histogram(count)
  local seen = {}
  for i = 1, count do
    local word = string.format("%s%d", string.char(97 + i % 26), i * 7919 % 5003)
    seen[word] = (seen[word] or 0) + 1
  end
  local words = {}
  for word in pairs(seen) do words[#words + 1] = word end
  table.sort(words)
  return table.concat(words, " ")
end

local function adders(count)
  local functions = {}
  for i = 1, count do functions[i] = function(x) return {value = x.value + i} end end
  local result = {value = 0}
  for _, add in ipairs(functions) do result = add(result) end
  return result.value
end

local checksum = 0
local keep = tree(14)
for round = 1, rounds do
  checksum = checksum + leaves(tree(14)) + #histogram(60000) + adders(30000)
end
assert(leaves(keep) == 16384)
print("checksum=" .. checksum)
