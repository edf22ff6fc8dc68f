#!/bin/sh
# Installs Tasklane on this machine, for systemd, from a checkout:
#
#   make build web-contract/demo/dist/index.html services/auth/node_modules/.installed
#   sudo services/deploy/systemd/install.sh https://tasks.example.com
#
# Run it again to upgrade: it replaces the programs, and keeps /etc/tasklane. DESTDIR
# is a prefix of every path. SERVER is the address of PostgreSQL, 127.0.0.1:5432 unless
# set.
set -eu
cd "$(dirname "$0")/../../.."
root=${DESTDIR:-}
server=${SERVER:-127.0.0.1:5432}
etc=$root/etc/tasklane opt=$root/opt/tasklane units=$root/etc/systemd/system

[ -s "$etc/tasklane.env" ] || [ $# = 1 ] || { echo "usage: $0 PUBLIC_URL" >&2; exit 2; }
for built in .build/tasks .build/bff web-contract/demo/dist/index.html services/auth/node_modules/better-auth; do
	[ -e "$built" ] || { echo "$built is missing: run make build web-contract/demo/dist/index.html services/auth/node_modules/.installed" >&2; exit 1; }
done

mkdir -p "$opt/bin" "$etc" "$units"
# Renamed into place, because the old program may be running.
for program in tasks bff; do
	cp ".build/$program" "$opt/bin/$program.new" && chmod 755 "$opt/bin/$program.new" && mv "$opt/bin/$program.new" "$opt/bin/$program"
done
rm -rf "$opt/page.new" "$opt/auth.new"
cp -r web-contract/demo/dist "$opt/page.new"
mkdir "$opt/auth.new"
cp services/auth/package.json services/auth/*.mjs "$opt/auth.new/"
rm -f "$opt"/auth.new/*.test.mjs
cp -r services/auth/node_modules "$opt/auth.new/node_modules"
chmod -R go+rX "$opt"
for part in page auth; do
	rm -rf "$opt/$part.old"
	[ ! -e "$opt/$part" ] || mv "$opt/$part" "$opt/$part.old"
	mv "$opt/$part.new" "$opt/$part"
done
rm -rf "$opt/auth.old" # page.old is for the bff that runs until it is restarted
cp services/deploy/systemd/run.sh "$opt/run"
cp services/deploy/systemd/*.service "$units/"
[ -n "$root" ] || systemctl daemon-reload

# Only root can read the secrets. systemd passes each service its own.
chmod 700 "$etc"
umask 077
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$etc/$1" ] || printf '%s\n' "$2" >"$etc/$1"; }
keep better-auth-secret "$(random)"
keep owner-password "$(random)"
keep auth-password "$(random)"
keep app-password "$(random)"
url() { printf 'postgres://%s:%s@%s/tasklane?sslmode=%s' "$1" "$(cat "$etc/$2-password")" "$server" "${SSLMODE:-disable}"; }
keep owner-url "$(url tasklane_owner owner)"
keep auth-url "$(url tasklane_auth auth)"
keep app-url "$(url tasklane_app app)"
[ -s "$etc/tasklane.env" ] || sed "s|^PUBLIC_URL=.*|PUBLIC_URL=$1|" services/deploy/systemd/tasklane.env >"$etc/tasklane.env"
echo "installed below $opt, for $(grep '^PUBLIC_URL=' "$etc/tasklane.env"), with the settings in $etc" >&2
