package faults_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/seed"
)

// connectionsExhausted is the fault of a client that holds all connections of PostgreSQL.
// Connections of the servers are closed first.
func (s *system) connectionsExhausted() fault {
	return fault{name: "connections exhausted", inject: func() func() {
		t := s.t
		ctx, cancel := context.WithCancel(t.Context())
		// The administrator connects before all connections are in use.
		admin, err := pgx.Connect(ctx, s.postgres.URL())
		if err != nil {
			t.Fatal(err)
		}
		full := make(chan struct{})
		var occupying sync.WaitGroup
		for _, statement := range []string{
			"DROP ROLE IF EXISTS occupier",
			"CREATE ROLE occupier LOGIN PASSWORD 'occupier'",
			`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> 'occupier' AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
		} {
			if _, err := admin.Exec(ctx, statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if strings.HasPrefix(statement, "CREATE") {
				occupying.Go(func() { s.occupyConnections(ctx, full) })
				<-full
			}
		}
		return func() {
			_ = admin.Close(ctx) // after an error, the connection is closed too
			cancel()
			occupying.Wait()
		}
	}}
}

// tooManyConnections is the SQLSTATE of a connection beyond max_connections.
const tooManyConnections = "53300"

// occupyConnections opens as many connections as it can until ctx ends, and then closes
// them. It closes full once PostgreSQL has rejected a connection.
func (s *system) occupyConnections(ctx context.Context, full chan<- struct{}) {
	filled := sync.OnceFunc(func() { close(full) })
	defer filled()
	config, err := pgx.ParseConfig(s.postgres.URL())
	if err != nil {
		s.t.Error(err)
		return
	}
	config.User, config.Password = "occupier", "occupier"
	var taken []*pgx.Conn
	defer func() {
		for _, conn := range taken {
			_ = conn.Close(context.WithoutCancel(ctx)) // after an error, the connection is closed too
		}
		s.t.Logf("%d connections were occupied", len(taken))
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			taken = append(taken, conn)
			continue
		}
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == tooManyConnections {
			filled()
		} else if ctx.Err() == nil {
			s.t.Errorf("occupy the connections: %v", err)
			return
		}
		<-tick.C // then retry: a server may close a connection
	}
}

// diskSize is the size in mebibytes of the disk that is filled.
const diskSize = 192

// TestFullDisk_LosesNoWrite fills PostgreSQL's disk while users write, and frees it again.
// It has only a long form, which mounts a small disk. That needs root on Linux.
func TestFullDisk_LosesNoWrite(t *testing.T) {
	t.Parallel()
	if !soak() {
		t.Log("TEST_SOAK is not set: no disk is filled")
		return
	}
	dir := t.TempDir()
	// Without the mount, the test would fill the machine's own disk.
	if err := run(t, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=0755", diskSize), "tmpfs", dir); err != nil {
		t.Fatalf("this test needs root on Linux, to mount a disk: %v", err)
	}
	t.Cleanup(func() {
		if err := run(t, "umount", dir); err != nil {
			t.Error(err)
		}
	})
	seed := seed.Of(t)
	l := startLoad(t, startSystem(t, servertest.StartPostgresIn(t, filepath.Join(dir, "data")), faultEnv...), 4, seed)
	l.awaitAcknowledged("the start")
	for range 3 {
		l.survive(l.diskFull(dir, seed), 2*time.Second)
	}
	l.check()
}

func run(t *testing.T, program string, args ...string) error {
	// Not the test's context, which is canceled before cleanup functions run.
	out, err := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %v: %w\n%s", program, args, err, out)
	}
	return nil
}

// diskFull is the fault of a full disk. PostgreSQL stops if it cannot write its WAL.
func (s *system) diskFull(dir string, seed uint64) fault {
	return fault{name: "disk full", stops: []string{"postgres"}, inject: func() func() {
		filler := s.newWriter("filler", seed) // signs up before the disk is full
		ballast := filepath.Join(dir, "ballast")
		file, err := os.Create(ballast)
		if err != nil {
			s.t.Fatal(err)
		}
		full := false
		for block := make([]byte, 1<<20); !full; {
			_, err := file.Write(block)
			full = err != nil
		}
		_ = file.Close() // the disk is full
		s.fillDisk(filler)
		return func() {
			if err := os.Remove(ballast); err != nil {
				s.t.Fatal(err)
			}
			// PostgreSQL may have stopped. In production, a supervisor restarts it.
			if !s.postgres.Running() {
				s.postgres.Restart()
			}
		}
	}}
}

// fillDisk writes until PostgreSQL has used the space that it had allocated before the disk
// was full, and a write fails.
func (s *system) fillDisk(w *writer) {
	t := s.t
	t.Helper()
	const maxBatches, batchSize = 100, 50
	for n := range maxBatches {
		var operations []any
		for range batchSize {
			var long strings.Builder
			for long.Len() < taskapi.MaxDescriptionLength-20 {
				fmt.Fprintf(&long, "%x ", w.random.Uint64()) // does not compress
			}
			operations = append(operations, map[string]any{"op": "create", "kind": "task", "data": map[string]any{"title": "long", "description": long.String()}})
		}
		status, data, err := w.send(t.Context(), http.MethodPost, "/api/batch", map[string]any{"operations": operations}, nil)
		if err != nil || status != http.StatusOK {
			t.Logf("after %d batches: status %d, body %.200s, %v", n, status, data, err)
			return
		}
	}
	t.Errorf("the disk is not full after %d batches", maxBatches)
}
