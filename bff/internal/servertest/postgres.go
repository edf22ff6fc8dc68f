package servertest

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/tasklane/tasklane/services/stack/port"
	"github.com/tasklane/tasklane/services/stack/postgres"
)

// Postgres is a PostgreSQL server of one test, which may kill it. It has the durability
// settings of production.
type Postgres struct {
	t       testing.TB
	options postgres.Options
	server  *postgres.Server
}

// StartPostgres starts an empty PostgreSQL server.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	return StartPostgresIn(t, t.TempDir())
}

// StartPostgresIn starts a PostgreSQL server with its data in a directory.
func StartPostgresIn(t testing.TB, dir string) *Postgres {
	t.Helper()
	free, err := port.Free(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	p := &Postgres{t: t, options: postgres.Options{DataDir: dir, Password: rand.Text(), Port: free[0]}}
	p.start()
	t.Cleanup(func() {
		if err := p.server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// URL is the administrator's URL of the server.
func (p *Postgres) URL() string { return p.server.AdminURL(postgres.Superuser) }

// Running reports whether the server is running.
func (p *Postgres) Running() bool {
	select {
	case <-p.server.Process().Done():
		return false
	default:
		return true
	}
}

// Kill kills the server.
func (p *Postgres) Kill() { p.server.Process().Stop() }

// PID is the process id of the server's main process.
func (p *Postgres) PID() int { return p.server.Process().PID() }

// Restart starts the server again with its data and address. It stops a running server
// first.
func (p *Postgres) Restart() {
	p.t.Helper()
	if err := p.server.Stop(); err != nil {
		p.t.Fatal(err)
	}
	p.start()
}

func (p *Postgres) start() {
	p.t.Helper()
	server, err := postgres.Start(context.Background(), p.options)
	if err != nil {
		p.t.Fatal(err)
	}
	p.server = server
}
