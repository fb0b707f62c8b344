# SPDX-License-Identifier: Apache-2.0
# Completion of ringside-streamer in fish. Its options, with what they are for, are those that its --help
# lists.

function __ringside_streamer_probes
    printf '%s\n' oom seccomp tcp bpf signal
end

# Of its option $name, which takes $takes.
function __ringside_streamer_option --argument-names letter name takes says
    set -l option -c ringside-streamer -l $name -d "$says"
    set -l files -f

    test -z "$letter"; or set option $option -s $letter
    switch $name
        case attach
            set option $option -a 'auto fentry kprobe tracepoint'
        case build
            set option $option -a 'auto core legacy runtime'
        case doctor
            set option $option -a 'hold mark'
        case probes
            set option $option -a "(__fish_complete_list , __ringside_streamer_probes)"
        case user
            set option $option -a "(__fish_complete_users)"
        case write btf brake config
            set files -F
    end
    # what it may do without stands behind a =, in the same word
    string match -q ' *' -- $takes; and set option $option -r $files
    complete $option
end

complete -c ringside-streamer -f
for line in (ringside-streamer --help 2>/dev/null)
    set -l letter
    set -l name
    set -l takes
    set -l says
    string match -rq '^  (?:-(?<letter>\w),|   ) --(?<name>[a-z-]+)(?<takes> [A-Z]\S*|\[=\S*\])?(?: +(?<says>.*))?$' -- $line
    and __ringside_streamer_option "$letter" $name "$takes" "$says"
end
