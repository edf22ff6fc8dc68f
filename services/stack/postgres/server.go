// Package postgres runs a real PostgreSQL server without an installation. It finds the
// binaries, creates the data directory and stops the server when this process ends.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
)

// Superuser is the role that every server has.
const Superuser = "postgres"

// Options are the options of a server.
type Options struct {
	// DataDir has the data, in a directory per major version. Empty means a
	// temporary server: Stop removes its data, a crash of the machine may lose
	// it, and every user of this machine may connect.
	DataDir string
	// Password is the superuser's. A server with a DataDir must have one.
	Password string
	// Port is the port on 127.0.0.1. Zero takes a free one.
	Port int
	// Settings are PostgreSQL's own, such as "shared_buffers=1GB". They override
	// this package's.
	Settings []string
	// Log, unless nil, receives the lines of the server's log.
	Log func(line string)
}

// A Server is a running PostgreSQL.
type Server struct {
	Port int

	password string
	process  *child.Child
	remove   []string // directories to remove with the server
}

// Start starts a server and returns once it accepts connections.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.DataDir != "" && opts.Password == "" {
		return nil, errors.New("postgres: a server that keeps its data needs a password")
	}
	if opts.Log == nil {
		opts.Log = func(string) {}
	}
	server, err := start(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return server, nil
}

func start(ctx context.Context, opts Options) (_ *Server, err error) {
	if opts.DataDir != "" {
		// Other accounts may enter, because the server may run under one.
		if err := os.MkdirAll(opts.DataDir, 0o755); err != nil {
			return nil, err
		}
		if opts.DataDir, err = canonical(opts.DataDir); err != nil {
			return nil, err
		}
	}
	kept, err := keptMajor(opts.DataDir)
	if err != nil {
		return nil, err
	}
	bin, err := find(ctx, kept)
	if err != nil {
		return nil, err
	}
	runAs, err := chooseAccount(ctx, bin)
	if err != nil {
		return nil, err
	}

	s := &Server{password: opts.Password}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.removeAll())
		}
	}()
	if runAs.other && bin.tree != "" {
		if bin, err = s.copyTree(bin, runAs); err != nil {
			return nil, err
		}
	}
	c := &cluster{bin: bin, runAs: runAs, dir: filepath.Join(opts.DataDir, strconv.Itoa(bin.major)), settings: opts.Settings}
	if opts.DataDir == "" {
		root, err := s.tempDir(runAs)
		if err != nil {
			return nil, err
		}
		c.dir, c.temporary = filepath.Join(root, "data"), true
	}
	if err := c.prepare(ctx, opts.Password); err != nil {
		return nil, err
	}

	s.Port = opts.Port
	if s.Port == 0 {
		free, err := port.Free(ctx, 1)
		if err != nil {
			return nil, err
		}
		s.Port = free[0]
	}
	s.process, err = c.serve(ctx, s.Port, opts.Log)
	return s, err
}

// URL returns the URL of a database on the server for one of its roles.
func (s *Server) URL(role, password, database string) string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return address.String()
}

// AdminURL returns the superuser's URL of a database.
func (s *Server) AdminURL(database string) string { return s.URL(Superuser, s.password, database) }

// Process returns the server's main process.
func (s *Server) Process() *child.Child { return s.process }

// Stop stops the server within seconds. It rolls back open transactions and shuts down
// cleanly if it can.
func (s *Server) Stop() error {
	killed := s.process.Stop(
		child.Step{Signal: syscall.SIGINT, Wait: 10 * time.Second}, // fast shutdown
		child.Step{Signal: syscall.SIGQUIT, Wait: 5 * time.Second}, // immediate shutdown
	)
	err := s.removeAll()
	if killed {
		err = errors.Join(err, errors.New("PostgreSQL did not stop and had to be killed"))
	}
	return err
}

func (s *Server) tempDir(runAs account) (string, error) {
	dir, err := os.MkdirTemp("", "tasklane-postgres-")
	if err != nil {
		return "", err
	}
	s.remove = append(s.remove, dir)
	return dir, runAs.own(dir)
}

// copyTree copies the binaries to a directory that the account can read: the
// repository may be below a directory that only we may enter.
func (s *Server) copyTree(bin binaries, runAs account) (binaries, error) {
	dir, err := s.tempDir(runAs)
	if err != nil {
		return binaries{}, err
	}
	copied := bin
	copied.tree = filepath.Join(dir, filepath.Base(bin.tree))
	copied.dir = filepath.Join(copied.tree, "bin")
	if err := os.CopyFS(copied.tree, os.DirFS(bin.tree)); err != nil {
		return binaries{}, fmt.Errorf("copy PostgreSQL's binaries: %w", err)
	}
	return copied, runAs.own(copied.tree)
}

func (s *Server) removeAll() error {
	var errs []error
	for _, dir := range s.remove {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

// canonical returns dir's absolute path without symbolic links: the programs have
// another working directory, and a leftover server is identified by its path.
func canonical(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// keptMajor returns the newest major version with data in dir, or 0.
func keptMajor(dir string) (int, error) {
	majors, err := keptMajors(dir)
	return slices.Max(append(majors, 0)), err
}

func keptMajors(dir string) ([]int, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var majors []int
	for _, entry := range entries {
		if major, err := strconv.Atoi(entry.Name()); err == nil {
			majors = append(majors, major)
		}
	}
	return majors, nil
}
