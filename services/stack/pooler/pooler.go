// Package pooler runs PgBouncer in transaction mode in front of a PostgreSQL server, which
// behaves like a pooled endpoint of Neon.
package pooler

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
)

const (
	startTimeout = 10 * time.Second
	pollInterval = 20 * time.Millisecond
	// account is the account that runs PgBouncer instead of root.
	account = "nobody"
)

// Run calls run while PgBouncer is in front of the server at adminURL, for all its databases
// and roles. address is PgBouncer's host and port. Clients share five connections per role
// and database, fewer than some tests use. If PgBouncer ends, so does ctx, with the reason
// as its cause, which Run returns.
func Run(ctx context.Context, adminURL string, run func(ctx context.Context, address string) error) (err error) {
	program, err := find(ctx)
	if err != nil {
		return err
	}
	admin, err := url.Parse(adminURL)
	if err != nil {
		return errors.New("the administrator's database URL is invalid")
	}
	ports, err := port.Free(ctx, 1)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tasklane-pooler-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	args, err := configure(dir, admin, ports[0])
	if err != nil {
		return err
	}
	process, err := child.Start(exec.Command(program, args...), syscall.SIGKILL, func(string) {})
	if err != nil {
		return err
	}
	defer process.Stop() // PgBouncer has no state to save
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		<-process.Done()
		cancel(process.Failed("PgBouncer"))
	}()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0]))
	if err := await(ctx, address); err != nil {
		return err
	}
	if err := run(ctx, address); ctx.Err() == nil {
		return err
	}
	return context.Cause(ctx)
}

// configure writes PgBouncer's files and returns its arguments.
func configure(dir string, admin *url.URL, port int) (args []string, err error) {
	users, settings := filepath.Join(dir, "users"), filepath.Join(dir, "pgbouncer.ini")
	password, _ := admin.User.Password()
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	files := map[string]string{
		users: quote(admin.User.Username()) + " " + quote(password) + "\n",
		settings: fmt.Sprintf(`[databases]
* = host=%s port=%s auth_user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
pool_mode = transaction
default_pool_size = 5
max_client_conn = 1000
`, admin.Hostname(), admin.Port(), admin.User.Username(), port, users),
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	if os.Geteuid() != 0 {
		return []string{settings}, nil
	}
	// PgBouncer does not run as root.
	for _, path := range []string{dir, users, settings} {
		if err := chown(path); err != nil {
			return nil, err
		}
	}
	return []string{"-u", account, settings}, nil
}

// chown makes the account the owner of path.
func chown(path string) error {
	found, err := user.Lookup(account)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(found.Uid)
	if err != nil {
		return err
	}
	return os.Lchown(path, uid, -1)
}

// await waits until address accepts connections.
func await(ctx context.Context, address string) error {
	deadline := time.After(startTimeout)
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-deadline:
			return fmt.Errorf("PgBouncer is not ready: %w", err)
		case <-time.After(pollInterval):
		}
	}
}

// find returns the path of PgBouncer, on PATH or at Debian's place. Older releases end with
// "bad client state" when many queries are canceled at once.
func find(ctx context.Context) (string, error) {
	const needed = "install pgbouncer 1.20 or later"
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			return "", fmt.Errorf("%s --version: %w", path, err)
		}
		var major, minor int
		if _, err := fmt.Sscanf(string(out), "PgBouncer %d.%d", &major, &minor); err != nil {
			return "", fmt.Errorf("%s --version prints %q", path, out)
		}
		if major == 1 && minor < 20 {
			return "", fmt.Errorf("%s is PgBouncer %d.%d: %s", path, major, minor, needed)
		}
		return path, nil
	}
	return "", errors.New("no PgBouncer on PATH or in /usr/sbin: " + needed)
}
