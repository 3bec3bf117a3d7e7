#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# agent_container_test.sh DIR CASE: the agent image on the host and against the lab that agent_host_up.sh DIR started, by
# the command lines that operators use.
set -euo pipefail
# shellcheck disable=SC1091
source "$1/host.env"
# shellcheck disable=SC2154
if [ -n "$unavailable" ]; then
  echo "skipped: $unavailable"
  exit 77
fi
if [ "$(id -u)" -ne 0 ]; then exec sudo -n --preserve-env=AGENT_TEST_STRICT bash "$0" "$@"; fi
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC2154
export DOCKER_HOST=unix://$socket

fail() {
  echo "FAILED: $1" >&2
  echo "--- rancher-agent" >&2
  docker logs rancher-agent >&2 || true
  exit 1
}
# within SECONDS COMMAND...: the test's own patience, generous for machines that are busy.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}
# shellcheck disable=SC2154
there() { nsenter --net --target "$dockerd" "$@"; }
ask() { there curl --silent --show-error --fail-with-body --max-time 60 "$lab/$1" "${@:2}" | sed 's|\\/|/|g'; }
setting() { ask "settings/$1" -X PUT -d "{\"value\": \"$2\"}" >/dev/null; }
inspect() { docker inspect --format "$2" "$1" 2>/dev/null; }
is() { [ "$(inspect "$1" "$2")" = "$3" ]; }
absent() { ! docker inspect --type container "$1" >/dev/null 2>&1; }
log_of() { docker logs "$1" 2>&1; }
# All is read: where the reader leaves early, the writer's end by SIGPIPE is that of the whole pipe.
logged() { [ "$(log_of "$1" | grep -c -- "$2")" != 0 ]; }

clean() {
  docker ps -aq | xargs -r docker rm -f >/dev/null
  docker volume rm -f rancher-agent-state rancher-cni >/dev/null
  # shellcheck disable=SC2154
  rm -rf "$host/lib/rancher" "$host/log/rancher"
  setting bootstrap.required.image ''
}
running=
trap '[ -z "$running" ] || kill -9 "$running" 2>/dev/null || true; clean || true' EXIT
clean

standard=(--privileged -v /var/run/docker.sock:/var/run/docker.sock -e CATTLE_DETECT_CLOUD_PROVIDER=false)
# The line of the Add Host page with another image; more options of `docker run` go before it.
# shellcheck disable=SC2154
add_host() { docker run --rm "${standard[@]}" -v /var/lib/rancher:/var/lib/rancher "$@" "$image:1" "$registration_url"; }
hosts() { ask hosts | sed -nE 's/"id":"1h([0-9]+)"/\n=\1\n/gp' | sed -n 's/^=//p' | sort -n; }
newest_host() { hosts | tail -n 1; }
host_count() { hosts | wc -l; }
container_of_lab() { # COMMAND: on the newest host; prints its id in the lab
  ask containers -d "{\"name\":\"t$RANDOM\",\"image\":\"local/busybox:test\",\"command\":$1,\"networkMode\":\"none\",\"hostId\":\"1h$(newest_host)\"}" |
    grep -oE '"id":"1i[0-9]+"' | sed -n 1p | cut -d'"' -f4
}
reaches() { ask "containers/$1?state=$2&timeout=40000" >/dev/null || fail "container $1 does not become $2: $(ask "containers/$1")"; }
new_host() { # the line with these options, and what it is to lead to
  local before
  before=$(host_count)
  add_host "$@" >"$host/out" 2>&1 || fail "registration failed: $(cat "$host/out")"
  within 60 host_is_there "$before" || fail "no host has come: $(ask hosts)"
}
host_is_there() { [ "$(host_count)" -gt "$1" ]; }
answered_times() { [ "$(log_of rancher-agent | grep -c "answered the server's first ping")" -ge "$1" ]; }
is_shared() { nsenter --mount --target "$dockerd" findmnt --noheadings --output PROPAGATION "$1" | grep -qx shared; }
items_are_acknowledged() { [ "$(ask agents | grep -oE '"id":"1a[0-9]+","state":"active","subscriptions":1' | wc -l)" -ge 1 ] && ask agents | tr '{' '\n' | tail -n 4 | grep -c '"applied":[1-9]' | grep -qx 3; }
no_busybox() { ! docker ps -a --format '{{.Image}}' | grep -q busybox; }
answered() { logged "$1" "answered the server's first ping"; }
ask_for_image() { # IMAGE: agents hear of it when they subscribe
  setting bootstrap.required.image "$1"
  ask sockets -d '{"action":"cut"}' >/dev/null
}

case $2 in
  P1_P3_P7_P19_P23_P24_P28_P29_P39_P40_P46_P47_P51_P55_P57_S56_the_line_and_the_stock_flow)
    [ "$(docker image inspect --format '{{index .Config.Labels "io.rancher.container.system"}}' "$image:1")" = rancher-agent ] || fail "the image's label"
    begin=$SECONDS
    new_host -e CATTLE_DETECT_CLOUD_PROVIDER=true
    [ $((SECONDS - begin)) -lt 90 ] || fail "took $((SECONDS - begin)) s" # 15 s on a machine that does nothing else
    grep -q '^nameserver 127' "/proc/$(inspect rancher-agent '{{.State.Pid}}')/root/etc/resolv.conf" || fail "no loopback name server"
    # No metadata service here: the looking for one goes on beside the subscription, for minutes.
    started=$(date --date "$(inspect rancher-agent '{{.State.StartedAt}}')" +%s)
    subscribed=$(date --date "$(log_of rancher-agent | grep 'subscribed to' | sed -n 1p | cut -d' ' -f1)" +%s)
    [ $((subscribed - started)) -lt 60 ] || fail "subscribed only after $((subscribed - started)) s"
    tail -n 1 "$host/out" | grep -qE 'Launched Rancher Agent: [0-9a-f]{64}' || fail "last line: $(cat "$host/out")"
    secret=$(inspect rancher-agent '{{json .Config.Env}}' | grep -oE 'CATTLE_SECRET_KEY=[^"]*' | cut -d= -f2)
    ! grep -q "$secret" "$host/out" || fail "the secret key is printed"
    ! logged rancher-agent "$secret" || fail "the secret key is logged"
    is rancher-agent '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}} {{.HostConfig.Privileged}} {{.HostConfig.OomScoreAdj}} {{len .HostConfig.Binds}} {{.HostConfig.CgroupnsMode}}' \
      'always host host true -500 9 host' || fail "options: $(inspect rancher-agent '{{json .HostConfig}}')"
    for directory in /var/lib/rancher/volumes /var/lib/kubelet; do
      within 30 is_shared $directory || fail "$directory is not shared"
    done
    within 30 docker run --rm -v rancher-cni:/x local/busybox:test test -x /x/r || fail "no wait program"
    within 30 items_are_acknowledged || fail "config items: $(ask agents)"
    [ -s "$(inspect rancher-agent '{{range .Mounts}}{{if eq .Destination "/var/lib/cattle"}}{{.Source}}{{end}}{{end}}')/etc/cattle/api.crt" ] || fail "no api.crt"
    [ ! -e /tmp/cattle-lab-ran-host-config ] && [ ! -e /tmp/cattle-lab-ran-bootstrap ] || fail "a script of the server was run"
    ask hosts | grep -qF "agent_image\":\"$image:1\"" || fail "no label with the image: $(ask hosts)"
    ! there ss -ltnp | grep -q "pid=$(inspect rancher-agent '{{.State.Pid}}')," || fail "the agent listens: $(there ss -ltnp)"
    id=$(container_of_lab '["sleep","600"]')
    reaches "$id" running
    docker ps --format '{{.Image}}' | grep -q busybox || fail "the engine runs no such container"
    ask "containers/$id?action=stop" -d '{"timeout":1}' >/dev/null
    reaches "$id" stopped
    ask "containers/$id?action=remove" -d '{}' >/dev/null
    within 40 no_busybox || fail "the container was not removed"
    ;;
  P2_P4_P20_P32_P33_again_under_another_name_and_through_restarts)
    new_host
    first=$(inspect rancher-agent '{{.Id}}')
    before=$(newest_host)
    # Without the mount of /var/lib/rancher, which the inspection container has.
    docker run -d --name again "${standard[@]}" -e CATTLE_UPGRADE_IMAGES=local/other "$image:2" "$registration_url" >/dev/null
    [ "$(docker wait again)" = 0 ] || fail "$(log_of again)"
    grep -qxF "export CATTLE_UPGRADE_IMAGES='local/other'" "$host/lib/rancher/etc/agent.conf" || fail "not kept on the host"
    is rancher-agent '{{.Config.Image}}' "$image:2" || fail "the image is $(inspect rancher-agent '{{.Config.Image}}')"
    inspect rancher-agent '{{json .Config.Env}}' | grep -q "RANCHER_AGENT_IMAGE=$image:2" || fail "the name of the image"
    [ "$(inspect rancher-agent '{{.Id}}')" != "$first" ] || fail "the container was not replaced"
    within 60 answered rancher-agent || fail "not subscribed"
    begin=$(date +%s%N)
    docker stop --time 30 rancher-agent >/dev/null
    [ $((($(date +%s%N) - begin) / 1000000)) -lt 5000 ] || fail "took $((($(date +%s%N) - begin) / 1000000)) ms to stop"
    docker start rancher-agent >/dev/null
    within 60 answered_times 2 || fail "not subscribed after stop and start"
    kill -9 "$(inspect rancher-agent '{{.State.Pid}}')"
    within 60 answered_times 3 || fail "not subscribed after kill -9"
    [ "$(newest_host)" = "$before" ] || fail "another host has come"
    ;;
  P31_P35_P36_R11_an_upgrade_keeps_host_and_variables)
    labels="a=\$1&b=\"c\""
    new_host -e CATTLE_HOST_LABELS="$labels"
    before=$(newest_host)
    old=$(inspect rancher-agent '{{.Id}}')
    ask_for_image "$image:2"
    within 60 is rancher-agent '{{.Config.Image}}' "$image:2" || fail "no upgrade: $(log_of rancher-agent-upgrade)"
    within 60 answered rancher-agent || fail "the new one is not subscribed"
    within 60 absent rancher-agent-upgrade || fail "the helper stays"
    is rancher-agent-previous '{{.Id}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' "$old false no" || fail "$(inspect rancher-agent-previous '{{json .HostConfig}}')"
    [ "$(inspect rancher-agent '{{range .Config.Env}}{{println .}}{{end}}' | grep CATTLE_HOST_LABELS)" = "CATTLE_HOST_LABELS=$labels" ] || fail "the labels changed"
    [ "$(newest_host)" = "$before" ] || fail "another host has come"
    ;;
  P35_a_new_one_that_never_comes_up_gives_its_place_back)
    # Its helper works, but its agent does nothing; and it waits for three seconds, not for a minute.
    docker create --name broken --entrypoint /bin/busybox "$image:2" >/dev/null
    printf '#!/bin/busybox sh\n[ "$1" != run ] || exec /bin/busybox sleep 600\nexec /usr/bin/cattle-agent entry-point "$@"\n' >"$host/broken"
    chmod 0755 "$host/broken"
    docker cp "$host/broken" broken:/broken >/dev/null
    docker commit --change 'ENTRYPOINT ["/broken"]' --change 'CMD []' --change 'ENV CATTLE_UPGRADE_PROBATION_SECONDS=3' broken "$image:broken" >/dev/null
    docker rm broken >/dev/null
    new_host
    before=$(newest_host)
    old=$(inspect rancher-agent '{{.Id}}')
    ask_for_image "$image:broken"
    within 60 is rancher-agent '{{.Config.Image}}' "$image:broken" || fail "no upgrade"
    within 60 is rancher-agent '{{.Id}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' "$old true always" || fail "the old one is not back: $(log_of rancher-agent-upgrade)"
    absent rancher-agent-previous || fail "two of them"
    within 60 answered_times 2 || fail "the old one is not subscribed"
    within 60 logged rancher-agent 'has failed: the new agent did not answer' || fail "the log does not say so"
    [ "$(newest_host)" = "$before" ] || fail "another host has come"
    docker rmi "$image:broken" >/dev/null
    ;;
  P35_S60_the_original_only_with_leave_and_without_probation)
    docker tag "$image:1" rancher/agent:v1.2.11
    new_host
    ask_for_image rancher/agent:v1.2.11
    within 60 logged rancher-agent "asks for agent image rancher/agent:v1.2.11, this one is $image:1; not permitted" || fail "no warning"
    absent rancher-agent-upgrade || fail "a helper was started"
    mkdir -p "$host/lib/rancher/etc"
    echo "export CATTLE_UPGRADE_IMAGES='rancher/agent'" >"$host/lib/rancher/etc/agent.conf"
    docker restart rancher-agent >/dev/null
    within 60 is rancher-agent '{{.Config.Image}}' rancher/agent:v1.2.11 || fail "no hand-over"
    within 30 logged rancher-agent-previous 'handing over to the original, without probation' || fail "the log does not say so"
    docker rm -f rancher-agent >/dev/null
    docker rmi rancher/agent:v1.2.11 >/dev/null
    ;;
  P5_P6_modes_of_the_entry_point)
    run() { docker run --rm --network none "$@"; }
    ! run "$image:1" >/dev/null 2>"$host/out" || fail "no argument is no error"
    [ -s "$host/out" ] || fail "no message"
    [ "$(run "$image:1" state)" = 'Rancher State' ] || fail state
    run "$image:1" -- sh -c 'echo mark; exit 7' >"$host/out" && fail 'exit status of --' || [ $? = 7 ] || fail 'exit status of --'
    [ "$(cat "$host/out")" = mark ] || fail '--'
    run "$image:1" another-word || fail 'another word'
    run "${standard[@]}" "$image:1" register || fail 'register without RANCHER_URL'
    run -v /var/lib:/var/lib "$image:1" inspect-host >"$host/out"
    grep -qxF "INFO: env TOKEN=$(cat "$host/lib/rancher/state/.registration_token")" "$host/out" || fail "$(cat "$host/out")"
    before=$(host_count)
    docker run --rm "${standard[@]}" -v /var/lib/rancher:/var/lib/rancher -e RANCHER_URL="$registration_url" "$image:1" register >"$host/out" || fail register
    within 60 host_is_there "$before" || fail "no host has come"
    ;;
  P40_P41_S29_S30_R56_a_server_that_owns_the_program_gets_it_replaced)
    # The package by its own script, on the host itself; what the stock loop does around it is done here.
    export CATTLE_HOME=$host/home
    mkdir -p "$host/package/bin"
    cp "$(dirname "$0")/../../../packaging/package/apply.sh" "$host/package/"
    # shellcheck disable=SC2154
    cp "$agent" "$host/package/bin/cattle-agent"
    cp /etc/ssl/certs/ca-certificates.crt "$host/package/ca-bundle.crt"
    "$host/package/apply.sh"
    key=$(ask keys -d '{"kind":"agent"}')
    part() { echo "$key" | grep -oE "\"$1\":\"[^\"]+" | cut -d'"' -f4; }
    CATTLE_ACCESS_KEY=$(part accessKey)
    CATTLE_SECRET_KEY=$(part secretKey)
    CATTLE_URL=${lab%/lab}/v1
    export CATTLE_ACCESS_KEY CATTLE_SECRET_KEY CATTLE_URL CATTLE_DETECT_CLOUD_PROVIDER=false
    export CATTLE_AGENT_LOG_FILE=$host/home/agent.log CATTLE_STATE_DIR=$host/home/state
    mkdir -p "$CATTLE_HOME/download/pyagent" "$CATTLE_STATE_DIR"
    program() {
      there curl --silent --fail --user "$CATTLE_ACCESS_KEY:$CATTLE_SECRET_KEY" "$CATTLE_URL/configcontent/pyagent?current=" |
        tar -tzf - | sed -n '1s|/.*||p' # to the end: a reader that left early would end tar, and with it the test
    }
    items() { ask agents | sed 's/},{/\n/g' | tr '\n' ' ' | grep -oE "\"configItems\":[^}]*\}[^}]*\}[^}]*\}\},\"id\":\"$(part agentId)\""; }
    acknowledged() { items | grep -q "\"pyagent\":{\"applied\":$1,\"requested\":$1}"; }
    start() {
      there "$CATTLE_HOME/pyagent/apply.sh" start >>"$host/program.log" 2>&1 &
      running=$!
    }
    ends_with() {
      local code=0
      within 40 gone $running || fail "still runs: $(tail -n 5 "$host/program.log")"
      wait $running || code=$?
      [ $code = "$1" ] || fail "ended with $code: $(tail -n 5 "$host/program.log")"
    }
    gone() { ! kill -0 "$1" 2>/dev/null; }
    program >"$CATTLE_HOME/download/pyagent/current"
    before=$(host_count)
    start
    within 60 host_is_there "$before" || fail "no host has come: $(cat "$host/program.log")"
    within 40 acknowledged 1 || fail "not acknowledged: $(items)"
    # Asked for again, the same content.
    setting agent.package.python.agent.url ''
    within 40 acknowledged 2 || fail "not acknowledged again: $(items)"
    ! gone $running || fail "ended for the same content"
    # Another one while a container takes its time to stop.
    id=$(container_of_lab '["sleep","600"]')
    reaches "$id" running
    ask "containers/$id?action=stop" -d '{"timeout":2}' >/dev/null
    within 20 grep -q 'taken: compute.instance.deactivate' "$host/program.log" || fail "no stop: $(cat "$host/program.log")"
    setting agent.package.python.agent.url http://127.0.0.1:1/another.tar.gz
    ends_with 5
    reaches "$id" stopped
    acknowledged 3 || fail "not acknowledged before it ended: $(items)"
    # A loop that could not install it starts us again: no circle.
    start
    setting agent.package.python.agent.url http://127.0.0.1:1/another.tar.gz
    within 40 acknowledged 4 || fail "not acknowledged: $(items)"
    ! gone $running || fail "ended again for what could not be installed"
    # And a package that was put in place says so by its stamp.
    "$host/package/apply.sh"
    ends_with 5
    setting agent.package.python.agent.url ''
    rm -rf "$host/home" "$host/package"
    ;;
  *) fail "no such case: $2" ;;
esac
