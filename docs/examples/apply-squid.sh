#!/bin/sh
# Fetches one file for Squid (formats squid, squid-dst, squid-dstdomain, squid-splice and
# connector-ports-squid) and has Squid read it. Whatever goes wrong, the last good file stays.
#
#   sh apply-squid.sh URL FILE
#
# FILE is what squid.conf includes, or what an ACL in it names; it is made, empty, if it is missing.
# Run it as root from cron or a systemd timer, one run at a time:
#
#   flock -n /run/rangewarden-squid.lock sh apply-squid.sh URL FILE
#
# SQUID           the program; a wrapper where it needs arguments (default: squid)
# CURL_CONFIG     a file of options for curl, such as: header = "Authorization: Bearer ..."
#
# Exit code 0: applied, or nothing to do. 1: nothing changed. 2: called wrongly.
set -u

[ $# -eq 2 ] || { echo "usage: apply-squid.sh URL FILE" >&2; exit 2; }
url=$1
file=$2
squid=${SQUID:-squid}
new=$file.new       # what was fetched
last=$file.last     # the last good file, there only while another one is tried
etag=$file.etag     # what Squid has read last: sha256 of FILE, and the version it is
answer=$file.answer # the answer's headers

keep() {
  echo "apply-squid: $*; $file stays as it is" >&2
  exit 1
}

restore() {
  mv -f "$last" "$file"
  rm -f "$last" # still there if both were one file
}

checksum() { sha256sum <"$file" | cut -d ' ' -f 1; }

# Only while a list is tried there is no record: whenever a run is killed, the next one does not
# take FILE for what Squid has read.
remember() {
  {
    checksum
    sed -n 's/^[Ee][Tt][Aa][Gg]: *\(.*[^[:space:]]\)[[:space:]]*$/\1/p' "$answer" | tail -n 1
  } >"$etag"
}

# True if Squid has read FILE as it is: not where somebody wrote to it since.
is_applied() {
  [ -s "$file" ] && [ -s "$etag" ] && [ "$(sed -n 1p "$etag")" = "$(checksum)" ]
}

parse() { "$squid" -k parse 2>&1; }

# What Squid says of a list that it takes in part, or not at all, with exit code 0.
faults() {
  grep -v '| Processing: ' | sed 's/^[^|]*| //' |
    grep -E 'ERROR|empty ACL|Can not open|is a subdomain|is a subnetwork|masks away'
}

# A run that was killed left its trial behind.
if [ -e "$last" ]; then
  rm -f "$etag" # before the trial's other traces: Squid may have read it
  restore
fi
trap 'rm -f "$new" "$answer"' EXIT
trap 'exit 1' HUP INT TERM

# Squid does not start if a file that it includes is missing.
if [ ! -e "$file" ]; then
  : >"$file" || keep "cannot write"
  chmod 644 "$file"
fi

rm -f "$new"
set -- -fsS --max-time 120 -o "$new" -D "$answer" -w '%{http_code}'
[ -z "${CURL_CONFIG:-}" ] || set -- -K "$CURL_CONFIG" "$@"
version=
is_applied && version=$(sed -n 2p "$etag")
[ -z "$version" ] || set -- "$@" -H "If-None-Match: $version"
status=$(curl "$@" -- "$url") || keep "no list from $url"
case $status in
  200) ;;
  304) exit 0 ;;
  *) keep "status $status from $url" ;;
esac
# Squid takes any page for a list of names: only the first line tells what it is.
head -n 1 "$new" | grep -q '^# Rangewarden allowlist ' || keep "not a list at $url"
if cmp -s "$new" "$file" && is_applied; then
  remember
  exit 0
fi

# A configuration may have had faults, which are not this list's unless they name FILE.
before=$(parse | faults | grep -vF -e "${file##*/}")
chmod 644 "$new" # Squid gives up root and reads it again as another user
sync "$new" || keep "cannot write"
rm -f "$etag"
ln "$file" "$last" || keep "cannot write"
trap 'restore; rm -f "$new" "$answer"' EXIT
mv -f "$new" "$file" || keep "cannot write"
said=$(parse) || keep "Squid does not take the list: $(echo "$said" | tail -n 3)"
wrong=$(echo "$said" | faults | grep -vxF -e "$before")
[ -z "$wrong" ] || keep "Squid does not take the list: $wrong"
"$squid" -k reconfigure || keep "Squid does not reconfigure"
trap 'rm -f "$new" "$answer"' EXIT
rm -f "$last"
remember
echo "apply-squid: $file is applied"
