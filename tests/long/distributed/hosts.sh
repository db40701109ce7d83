#!/usr/bin/env bash
# Two hosts on one machine: network namespaces with a name, a host name and an address each, and a cable between them whose rate is limited
# and which may have latency. Sourced by run.sh. Needs root and iproute2; for latency Python too (relay.py).
first=10.77.0.1 second=10.77.0.2

# hosts_up GIGABITS [MILLISECONDS]: the rate, and the latency on the way there and on the way back.
hosts_up() {
  hosts_down
  ip netns add "$first" && ip netns add "$second"
  local host link
  if [ $# = 1 ]; then
    ip link add grulm1 netns "$first" type veth peer name grulm2 netns "$second"
  else
    coproc relay { exec python3 tests/long/distributed/relay.py grulm1 grulm2 "$1" "$2"; }
    relay_pid=$relay_PID
    read -r _ <&"${relay[0]}"
    ip link set grulm1 netns "$first" mtu 65000
    ip link set grulm2 netns "$second" mtu 65000
  fi
  for host in "$first" "$second"; do
    link=grulm${host##*.}
    ip -n "$host" addr add "$host/24" dev "$link"
    ip -n "$host" link set lo up
    ip -n "$host" link set "$link" up
    [ $# = 2 ] || ip netns exec "$host" tc qdisc add dev "$link" root tbf rate "$1gbit" burst 256kb latency 50ms
  done
}

hosts_down() {
  [ -z "${relay_pid:-}" ] || kill "$relay_pid" 2>/dev/null || true
  relay_pid=
  ip netns del "$first" 2>/dev/null || true
  ip netns del "$second" 2>/dev/null || true
}

cut_cable() { ip -n "$second" link set grulm2 down; }

# What Open MPI starts processes on another host with.
write_agent() {
  cat >"$1" <<'END'
#!/bin/sh
host=$1
shift
exec ip netns exec "$host" unshare --uts sh -c "hostname host-${host##*.}; $*"
END
  chmod 755 "$1"
}

# on_hosts AGENT WORD…: a process on each host, each on a core of its own.
on_hosts() {
  local agent=$1
  shift
  ip netns exec "$first" unshare --uts sh -c 'hostname "$0"; exec "$@"' "host-${first##*.}" mpirun --mca plm_rsh_agent "$agent" \
    --mca btl self,tcp --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 --bind-to none \
    -H "$first,$second" -np 2 -x GRULM_MPI_TIMEOUT="${GRULM_MPI_TIMEOUT:-30}" \
    sh -c 'exec taskset -c $((OMPI_COMM_WORLD_RANK % $(nproc))) "$0" "$@"' "$@"
}
