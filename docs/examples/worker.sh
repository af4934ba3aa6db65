#!/bin/sh
# Count the words in the texts of jobs: an external worker in POSIX sh and curl. README.md beside it says how to run it.
#   DARKROOM_TYPE         type of the jobs; the only one that must be set
#   DARKROOM_URL          the API's root            DARKROOM_KEY          function key, or a worker's
#   DARKROOM_LEASE        seconds                   DARKROOM_RENEW        seconds between renewals: a third of it
#   DARKROOM_COUNT        jobs before it stops      DARKROOM_UNTIL_EMPTY  if set: stop when no job is due
#   DARKROOM_WORK         a command that reads the text, escaped as in JSON, and prints a JSON object
set -u
url=${DARKROOM_URL:-http://127.0.0.1:7071/api}
type=${DARKROOM_TYPE:?the type of the jobs}
lease=${DARKROOM_LEASE:-60}
every=${DARKROOM_RENEW:-$((lease / 3 > 0 ? lease / 3 : 1))}
poll=${DARKROOM_WAIT:-5}
[ -n "${DARKROOM_UNTIL_EMPTY:-}" ] && poll=0
umask 077
dir=$(mktemp -d) || exit 1
renewer= stopping=
trap 'rm -rf "$dir"' EXIT
trap 'stopping=1' TERM INT
: > "$dir/key" # in a file: everybody sees arguments
[ -n "${DARKROOM_KEY:-}" ] && printf 'x-functions-key: %s\nAuthorization: Bearer %s\n' "$DARKROOM_KEY" "$DARKROOM_KEY" > "$dir/key"

# call NAME PATH BODY SECONDS [ETAG]: POST; sets $status and writes $dir/NAME.head and $dir/NAME.body.
call() {
    printf '%s' "$3" > "$dir/$1.sent"
    : > "$dir/$1.head"
    set -- "$1" "$2" "$4" ${5:+-H "If-Match: $5"}
    name=$1 path=$2 seconds=$3
    shift 3
    status=$(curl -sS -o "$dir/$name.body" -D "$dir/$name.head" -w '%{http_code}' --max-time "$seconds" \
        -X POST -H @"$dir/key" -H 'Content-Type: application/json' "$@" --data-binary @"$dir/$name.sent" "$url$path") \
        || status=000
}

# header NAME HEADER: print a header of the last response; HEADER in lower case.
header() {
    tr -d '\r' < "$dir/$1.head" \
        | awk -v name="$2:" 'tolower($1) == name { sub(/^[^:]*:[ \t]*/, ""); found = $0 } END { print found }'
}

# member NAME PATH: print the string at a path such as .params.text of the last response, escaped as in JSON, or fail.
member() {
    LC_ALL=C awk -v wanted="$2" '
        { rest = rest $0 " " }
        END {
            while (match(rest, /"([^"\\]|\\.)*"|[][{}:,]/)) {
                token = substr(rest, RSTART, RLENGTH)
                rest = substr(rest, RSTART + RLENGTH)
                first = substr(token, 1, 1)
                if (first == "{" || first == "[") { object[++depth] = first == "{"; path[depth] = path[depth - 1] "[]" }
                if (first == "}" || first == "]") depth--
                if (first == "\"") {
                    token = substr(token, 2, length(token) - 2)
                    if (named) path[depth] = path[depth - 1] "." token
                    else if (path[depth] == wanted) { print token; found = 1; exit }
                }
                named = object[depth] && (first == "{" || first == ",")
            }
        }
        END { exit !found }
    ' "$dir/$1.body"
}

# unknown: whether the outcome of the last call is unknown, so that it must be sent again.
unknown() { case $status in 000 | 429 | 5??) return 0 ;; *) return 1 ;; esac; }

# pause_after NAME: sleep as long as the service asks for, or twice as long as before.
pause_after() {
    pause=$((pause == 0 ? 1 : pause * 2 > 30 ? 30 : pause * 2))
    asked=$(header "$1" retry-after)
    case $asked in '' | *[!0-9]*) asked=0 ;; esac
    [ "$asked" -gt "$pause" ] && pause=$asked
    sleep "$pause"
}

renew() { # in the background, until it is killed; it finishes a request that it has sent
    trap 'kill "$!" 2> /dev/null; exit 0' TERM USR1
    while :; do
        sleep "$every" 2> /dev/null & # a reader of our errors does not wait for it
        wait "$!"
        call renew "/jobs/$id/renew" "{\"lease_seconds\": $lease}" "$((lease / 6 + 1))" "$etag"
        case $status in
            200) etag=$(header renew etag) && printf '%s' "$etag" > "$dir/etag.new" && mv "$dir/etag.new" "$dir/etag" ;;
            404 | 409 | 412) : > "$dir/lost" && exit 0 ;;
        esac
    done
}

count_words() { # an escaped space separates words, an escaped backslash does not
    printf '{"words": %d}' "$(sed 's/\\\\/x/g; s/\\[nrtf]/ /g; s/\\u000[9a-dA-D]/ /g' | wc -w)"
}

# end CALL BODY: end the claim; repeat until the lease is over: the service recognizes a repeated end by its token.
end() {
    left=$lease pause=0 sent=0
    while :; do
        call end "/jobs/$id/$1" "$2" 30 "$(cat "$dir/etag")"
        sent=$((sent + 1))
        unknown && [ "$left" -gt 0 ] || break
        pause_after end
        left=$((left - pause))
    done
    case $status in
        200) return 0 ;;
        409) [ "$sent" -gt 1 ] && [ "$1" != complete ] && grep -q wrong_state "$dir/end.body" && return 0 ;;
    esac
    echo "job $id: $1 answered $status" >&2 # 412: another worker has the job by now
    return 1
}

work() {
    id=$(member claim .id)
    etag=$(header claim etag)
    if [ -z "$id" ] || [ -z "$etag" ]; then
        echo "claim: the response has no id or no ETag" >&2
        exit 1
    fi
    printf '%s' "$etag" > "$dir/etag"
    rm -f "$dir/lost"
    if ! member claim .params.text > "$dir/text"; then
        end fail '{"error": {"code": "no_text", "message": "params.text must be a string"}}'
        return
    fi
    renew > /dev/null &
    renewer=$!
    if [ -n "${DARKROOM_WORK:-}" ]; then sh -c "$DARKROOM_WORK"; else count_words; fi < "$dir/text" > "$dir/result"
    worked=$?
    kill -USR1 "$renewer" 2> /dev/null # a renewer that has just started would still ignore TERM, which we trap
    wait "$renewer" 2> /dev/null
    while kill -0 "$renewer" 2> /dev/null; do wait "$renewer"; done # a signal to this process ends a wait early
    if [ -e "$dir/lost" ]; then
        echo "job $id: the lease was lost" >&2
    elif [ "$worked" -ne 0 ]; then
        end retry '{"error": {"code": "worker_error", "message": "The command failed."}}'
    else
        end complete "{\"result\": $(cat "$dir/result")}"
    fi
}

pause=0 finished=0
while [ -z "$stopping" ] && [ "$finished" -ne "${DARKROOM_COUNT:--1}" ]; do
    call claim /jobs/claim "{\"type\": \"$type\", \"owner\": \"worker.sh/$$\", \"lease_seconds\": $lease, \"wait_seconds\": $poll}" \
        "$((poll + 10))"
    case $status in
        200) pause=0 && work && finished=$((finished + 1)) ;;
        204)
            pause=0
            [ -n "${DARKROOM_UNTIL_EMPTY:-}" ] && break
            [ "$poll" -gt 0 ] || sleep 1
            ;;
        *)
            if ! unknown; then
                echo "claim: answered $status" >&2
                exit 1
            fi
            [ -z "$stopping" ] && pause_after claim
            ;;
    esac
done
