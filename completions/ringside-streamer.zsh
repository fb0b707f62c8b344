# SPDX-License-Identifier: Apache-2.0
# Completion of ringside-streamer in zsh. Its options, with what they are for, are those that its --help
# lists. As it is installed, a line says above all others which command it is for.

# What option $1 takes, as _arguments has it.
_ringside_streamer_values() {
	case $1 in
	attach) print -r -- '(auto fentry kprobe tracepoint)' ;;
	build) print -r -- '(auto core legacy runtime)' ;;
	doctor) print -r -- '(hold mark)' ;;
	probes) print -r -- '_sequence compadd - oom seccomp tcp bpf signal' ;;
	user) print -r -- '_users' ;;
	write | btf | brake | config) print -r -- '_files' ;;
	*) print -r -- ' ' ;;
	esac
}

_ringside_streamer() {
	local -a specs match mbegin mend
	local line letter name takes says values MATCH MBEGIN MEND

	for line in "${(@f)$(_call_program options $words[1] --help 2>/dev/null)}"; do
		[[ $line =~ '^  (-[A-Za-z],|   ) --([a-z-]+)( [A-Z][^ ]*|\[=[^ ]*\])?( +(.*))?$' ]] || continue
		letter=${match[1]%,} name=$match[2] takes=$match[3] says=$match[5]
		says=${${${says//\\/\\\\}//\[/\\[}//\]/\\]}
		values=$(_ringside_streamer_values $name)
		case $takes in
		'') specs+=("--${name}[$says]") ;;
		\[*) specs+=("--${name}=-[$says]::${(L)name}:$values") ;;
		*) specs+=("--${name}=[$says]:${(L)takes# }:$values") ;;
		esac
		[[ $letter == -* ]] || continue
		case $takes in
		'') specs+=("${letter}[$says]") ;;
		\[*) specs+=("${letter}-[$says]::${(L)name}:$values") ;;
		*) specs+=("${letter}+[$says]:${(L)takes# }:$values") ;;
		esac
	done
	_arguments -s -S $specs
}

_ringside_streamer "$@"
