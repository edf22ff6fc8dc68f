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

// A Pooler is a running PgBouncer.
type Pooler struct {
	// Address is its host and port.
	Address string

	process *child.Child
	dir     string
}

// Start starts a pooler in front of the server at adminURL, for all its databases
// and roles, and returns once it accepts connections. Clients share five connections
// per role and database, fewer than some tests use.
func Start(ctx context.Context, adminURL string) (*Pooler, error) {
	program, err := find(ctx)
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, program, adminURL)
	if err != nil {
		return nil, fmt.Errorf("start PgBouncer: %w", err)
	}
	return p, nil
}

func start(ctx context.Context, program, adminURL string) (_ *Pooler, err error) {
	admin, err := url.Parse(adminURL)
	if err != nil {
		return nil, errors.New("the administrator's database URL is invalid")
	}
	ports, err := port.Free(ctx, 1)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tasklane-pooler-")
	if err != nil {
		return nil, err
	}
	p := &Pooler{Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0])), dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	args, err := p.configure(admin, ports[0])
	if err != nil {
		return nil, err
	}
	if p.process, err = child.Start(exec.Command(program, args...), syscall.SIGKILL, func(string) {}); err != nil {
		return nil, err
	}
	return p, p.await(ctx)
}

// configure writes PgBouncer's files and returns its arguments.
func (p *Pooler) configure(admin *url.URL, port int) (args []string, err error) {
	users, settings := filepath.Join(p.dir, "users"), filepath.Join(p.dir, "pgbouncer.ini")
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
	for _, path := range []string{p.dir, users, settings} {
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

func (p *Pooler) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.Address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.process.Done():
			return p.process.Failed("PgBouncer")
		case <-ctx.Done():
			p.process.Stop()
			return fmt.Errorf("not ready: %w", err)
		case <-time.After(pollInterval):
		}
	}
}

// Stop ends the pooler and all connections through it. It fails if the pooler
// had ended before.
func (p *Pooler) Stop() error {
	var err error
	select {
	case <-p.process.Done():
		err = p.process.Failed("PgBouncer")
	default:
		p.process.Stop() // PgBouncer has no state to save
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// find returns PgBouncer's path: on PATH, at Debian's usual place, or after
// installing Debian's package.
func find(ctx context.Context) (string, error) {
	if path := installed(); path != "" {
		return path, nil
	}
	if os.Geteuid() != 0 {
		return "", errors.New("PgBouncer is not on PATH, and only root can install Debian's package: install pgbouncer")
	}
	fmt.Fprintln(os.Stderr, "PgBouncer is not installed: installing Debian's pgbouncer for the tests …")
	for _, args := range [][]string{{"update"}, {"install", "--yes", "--no-install-recommends", "pgbouncer"}} {
		apt := exec.CommandContext(ctx, "apt-get", args...)
		apt.Env = append(apt.Environ(), "DEBIAN_FRONTEND=noninteractive")
		apt.Stdout, apt.Stderr = os.Stderr, os.Stderr
		if err := apt.Run(); err != nil {
			return "", fmt.Errorf("PgBouncer is not on PATH and cannot be installed: apt-get %s: %w", strings.Join(args, " "), err)
		}
	}
	if path := installed(); path != "" {
		return path, nil
	}
	return "", errors.New("apt-get has installed PgBouncer, but the program pgbouncer is neither on PATH nor in /usr/sbin")
}

func installed() string {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
