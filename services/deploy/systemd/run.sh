#!/bin/sh
# Runs a command of a server as root, with the settings of its unit:
#
#   sudo /opt/tasklane/run tasks doctor
#   sudo /opt/tasklane/run bff doctor
#   sudo /opt/tasklane/run auth new-keys
set -eu
etc=${DESTDIR:-}/etc/tasklane opt=$(dirname "$0")
while IFS= read -r line; do
	case $line in [A-Z]*=*)
		value=${line#*=} && value=${value#\"}
		export "${line%%=*}=${value%\"}"
		;;
	esac
done <"$etc/tasklane.env"
export BETTER_AUTH_SECRET_FILE="$etc/better-auth-secret" TASKS_URL=http://127.0.0.1:8080
part=${1:-}
[ $# -eq 0 ] || shift
case $part in
tasks)
	export DATABASE_URL_FILE="$etc/app-url" DATABASE_URL_UNPOOLED_FILE="$etc/owner-url"
	export BETTER_AUTH_URL=http://127.0.0.1:3001 JWT_ISSUER="$PUBLIC_URL"
	exec "$opt/bin/tasks" "$@"
	;;
bff)
	export BETTER_AUTH_URL=http://127.0.0.1:3001
	exec "$opt/bin/bff" "$@"
	;;
auth)
	export DATABASE_URL_FILE="$etc/auth-url" BETTER_AUTH_URL="$PUBLIC_URL" NODE_ENV=production
	cd "$opt/auth" && exec node server.mjs "$@"
	;;
*)
	sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
