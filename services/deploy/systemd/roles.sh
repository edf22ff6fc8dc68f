#!/bin/sh
# Creates the database, and the roles with the passwords in /etc/tasklane. Run it as root
# on PostgreSQL's machine, or with the address of a superuser:
#
#   sudo services/deploy/systemd/roles.sh [postgres://postgres:PASSWORD@HOST:5432]
set -eu
etc=${DESTDIR:-}/etc/tasklane
script=$(cd "$(dirname "$0")/../../.." && pwd)/services/stack/roles/roles.sql
as() { # DATABASE ARGUMENT…: psql as the superuser
	database=$1 && shift
	if [ -n "${server:-}" ]; then psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 "$server/$database" "$@"; else runuser -u postgres -- psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 -d "$database" "$@"; fi
}
server=${1:-}
cd / # psql warns in a directory that the user postgres cannot enter
[ -n "$(as postgres -Atc "SELECT datname FROM pg_database WHERE datname = 'tasklane'")" ] || as postgres -c "CREATE DATABASE tasklane ENCODING 'UTF8' TEMPLATE template0"
# Passed on standard input, so that no password is on a command line.
{
	printf "SET tasklane.owner_password = '%s';\nSET tasklane.auth_password = '%s';\n" "$(cat "$etc/owner-password")" "$(cat "$etc/auth-password")"
	cat "$script"
} | as tasklane -f -
