#!/bin/sh
# The agent of the fuzz: a short round that depends on its number and the seed only, and that keeps books of its own.
#
# FUZZ_SEED; FUZZ_STATE, a folder of:
#   alive    lock: held by the agent and by whatever it leaves behind
#   journal  `begin N`, `wrote N` (N is in the work tree), `end N CODE`
#   shouts   what must never be; empty for ever
n=$AGENT_RUNNER_ROUND_NUM

shout() {
  printf 'round %s (pid %s): %s\n' "$n" "$$" "$1" >>"$FUZZ_STATE/shouts"
}

# Without starting a program, so that there is no time for the record to come late.
is_recorded() {
  while read -r word; do
    [ "$word" != "\"id\": \"$AGENT_RUNNER_ROUND_ID\"," ] || return 0
  done 2>/dev/null <"$AGENT_RUNNER_LOG_DIR/running-round.json"
  return 1
}

is_recorded || shout 'it began unrecorded'
printf 'begin %s\n' "$n" >>"$FUZZ_STATE/journal"
exec 8>>"$FUZZ_STATE/alive"
flock -n 8 || shout 'another agent is alive'

mix=$(((n * 7919 + FUZZ_SEED * 104729) % 1000003))
half_ms=$((25 + mix % 175))
half=$(printf '0.%03d' "$half_ms")
[ $((mix % 11)) -ne 0 ] || trap '' TERM

printf '{"type":"system","subtype":"init","session_id":"fuzz-%s","model":"fuzz"}\n' "$n"
sleep "$half"
printf '%s\n' "$n" >>rounds.txt
printf 'wrote %s\n' "$n" >>"$FUZZ_STATE/journal"
printf '{"type":"assistant","message":{"id":"m%s","model":"fuzz","content":[{"type":"text","text":"wrote"}]}}\n' "$n"
if [ $((mix % 4)) -eq 0 ]; then
  git add rounds.txt && git commit -q -m "round $n" || echo 'not committed'
fi
sleep "$half"

case $((mix % 7)) in
  1) sleep 60 & ;;
  2) setsid sleep 60 & ;;
esac
code=0
[ $((mix % 9)) -ne 0 ] || code=3
printf '{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"num_turns":1,"total_cost_usd":0.01,'
printf '"usage":{"input_tokens":3,"output_tokens":5}}\n'
is_recorded || shout 'its record went away before it ended'
printf 'end %s %s\n' "$n" "$code" >>"$FUZZ_STATE/journal"
exit "$code"
