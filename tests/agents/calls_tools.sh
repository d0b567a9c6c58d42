# Speaks as Claude Code does: a tool call every 0.1 s, as many as the first argument says, then the closing record; ends
# with the code of the second argument.
i=0
while [ "$i" -lt "$1" ]; do
  i=$((i + 1))
  echo '{"type":"assistant","message":{"id":"m'$i'","role":"assistant","model":"m","content":[{"type":"tool_use",' \
    '"id":"t'$i'","name":"Bash","input":{}}]}}'
  sleep 0.1
done
echo '{"type":"result","subtype":"success","is_error":false,"result":"Done.","usage":{"input_tokens":1}}'
exit "$2"
