# Whether guard wrote this setting and nobody has changed it since: its first line says what the others were.
is_guards() { # FILE
    [ -f "$1" ] && [ ! -L "$1" ] || return 1
    sum=$(sed -n '1s/^.* Written by guard [^;]*; sha256 of all the other lines: \([0-9a-f]\{64\}\)$/\1/p' "$1")
    [ -n "$sum" ] && [ "$sum" = "$(tail -n +2 "$1" | sha256sum | cut -d ' ' -f 1)" ]
}
