#!/bin/sh
# slug.sh TITLE...: the title as one word of an address, "Hello World" -> hello-world
printf '%s\n' "$*" | tr 'A-Z' 'a-z' | tr -c 'a-z0-9\n' '-'
