# SPDX-License-Identifier: Apache-2.0
# Completion of ringside-streamer in bash. Its options are those that its --help lists.

_ringside_streamer() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options

	# bash takes = for a word of its own
	[[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
	[[ $word != = ]] || { word='' before=${COMP_WORDS[COMP_CWORD - 1]}; }
	COMPREPLY=()
	case $before in
	--attach) mapfile -t COMPREPLY < <(compgen -W "auto fentry kprobe tracepoint" -- "$word") ;;
	--build) mapfile -t COMPREPLY < <(compgen -W "auto core legacy runtime" -- "$word") ;;
	--doctor) mapfile -t COMPREPLY < <(compgen -W "hold mark" -- "$word") ;;
	--probes) _ringside_streamer_probes "$word" ;;
	--user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
	-w | --write | --btf | --brake | --config) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	-[CGWc] | --max-* | --keep-free | --post-rotate | --count | --rate | --container-rate | --label | --host-name | \
		--ring-size | --counters-interval | --compress) ;;
	*)
		options=$("${COMP_WORDS[0]}" --help 2>/dev/null | grep -oE '^  (-[A-Za-z],|   ) --[a-z-]+' | grep -oE -- '--[a-z-]+')
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
		;;
	esac
}

# The last of a list.
_ringside_streamer_probes() {
	local list='' last=$1

	[[ $last != *,* ]] || { list=${last%,*}, last=${last##*,}; }
	mapfile -t COMPREPLY < <(compgen -P "$list" -W "oom seccomp tcp bpf signal" -- "$last")
}

complete -o filenames -F _ringside_streamer ringside-streamer
