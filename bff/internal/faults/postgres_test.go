package faults_test

import (
	"context"
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

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/seed"
)

// exhausting is a client that opens all of PostgreSQL's connections, including those of
// the servers.
func (s *system) exhausting() fault {
	return fault{name: "connections exhausted", inject: func() func() {
		t := s.t
		ctx, cancel := context.WithCancel(t.Context())
		// Connect before all connections are taken.
		admin, err := pgx.Connect(ctx, s.postgres.URL())
		if err != nil {
			t.Fatal(err)
		}
		full := make(chan struct{})
		var hogging sync.WaitGroup
		for _, statement := range []string{
			"DROP ROLE IF EXISTS hog",
			"CREATE ROLE hog LOGIN PASSWORD 'hog'",
			`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> 'hog' AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
		} {
			if _, err := admin.Exec(ctx, statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if strings.HasPrefix(statement, "CREATE") {
				hogging.Go(func() { s.hog(ctx, full) })
				<-full
			}
		}
		return func() {
			_ = admin.Close(ctx) // no longer needed
			cancel()
			hogging.Wait()
		}
	}}
}

// hog opens connections until ctx ends, and then closes them. It closes full when none
// are left for the first time.
func (s *system) hog(ctx context.Context, full chan<- struct{}) {
	filled := sync.OnceFunc(func() { close(full) })
	defer filled()
	config, err := pgx.ParseConfig(s.postgres.URL())
	if err != nil {
		s.t.Error(err)
		return
	}
	config.User, config.Password = "hog", "hog"
	var taken []*pgx.Conn
	defer func() {
		for _, conn := range taken {
			_ = conn.Close(context.WithoutCancel(ctx)) // no longer needed
		}
		s.t.Logf("%d connections were taken", len(taken))
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			taken = append(taken, conn)
			continue
		}
		filled() // a later attempt may succeed
		<-tick.C
	}
}

// diskSize is the size in megabytes of the disk to be filled.
const diskSize = 192

// TestFullDisk fills PostgreSQL's disk while users write, and frees it again. Mounting such
// a disk needs root on Linux; otherwise, and in the short form, the test logs that it was
// left out.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if !soak() || os.Geteuid() != 0 {
		t.Log("left out: the long form fills a disk, where it may mount one")
		return
	}
	dir := t.TempDir()
	run(t, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=0755", diskSize), "tmpfs", dir)
	t.Cleanup(func() { run(t, "umount", dir) })
	seed := seed.Of(t)
	o := startOrdeal(t, startSystem(t, servertest.StartPostgresIn(t, filepath.Join(dir, "data")), restless...), 4, seed)
	o.awaitAcknowledged("the start")
	for range 3 {
		o.meet(o.filling(dir, seed), 2*time.Second)
	}
	o.over()
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", program, args, err, out)
	}
}

// filling is the fault of a full disk, which stops PostgreSQL if it cannot write its WAL.
func (s *system) filling(dir string, seed uint64) fault {
	return fault{name: "disk full", strikes: []string{"postgres"}, inject: func() func() {
		gourmand := s.newWriter("gourmand", seed) // signs up before the disk is full
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
		_ = file.Close() // writing stops at a full disk
		s.gorge(gourmand)
		return func() {
			if err := os.Remove(ballast); err != nil {
				s.t.Fatal(err)
			}
			// A supervisor would do this: the server may have stopped.
			if !s.postgres.Running() {
				s.postgres.Restart()
			}
		}
	}}
}

// gorge writes until PostgreSQL's disk is full.
func (s *system) gorge(w *writer) {
	t := s.t
	t.Helper()
	const most, each = 100, 50
	for n := range most {
		var operations []any
		for range each {
			var long strings.Builder
			for long.Len() < taskapi.MaxDescriptionLength-20 {
				fmt.Fprintf(&long, "%x ", w.random.Uint64()) // does not compress
			}
			operations = append(operations, map[string]any{"op": "create", "kind": "task", "data": map[string]any{"title": "much", "description": long.String()}})
		}
		status, data, err := w.send(t.Context(), http.MethodPost, "/api/batch", map[string]any{"operations": operations}, nil)
		if err != nil || status != http.StatusOK {
			t.Logf("after %d batches: %d %.200s %v", n, status, data, err)
			return
		}
	}
	t.Errorf("the disk is not full after %d batches", most)
}
