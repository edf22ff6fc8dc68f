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
)

// exhausting is the fault of somebody who takes every connection that
// PostgreSQL has, and then those of the servers as well.
func (s *system) exhausting() fault {
	return fault{name: "connections exhausted", inject: func() func() {
		t := s.t
		ctx, cancel := context.WithCancel(t.Context())
		// From before there are none left.
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
			_ = admin.Close(ctx) // it has done its work
			cancel()
			hogging.Wait()
		}
	}}
}

// hog takes connections until ctx ends, and gives them back. It closes full when
// there are none left for the first time.
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
			_ = conn.Close(context.WithoutCancel(ctx)) // it is not needed any more
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
		filled() // and yet the next may be free
		<-tick.C
	}
}

// diskSize is that of the disk that is filled, in megabytes.
const diskSize = 192

// TestFullDisk fills PostgreSQL's disk while people write, and makes room
// again. It takes root's rights on Linux to have such a disk; otherwise, and
// in the short form, the log says that it was left out.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if !soak() || os.Geteuid() != 0 {
		t.Log("left out: the long form fills a disk, where it may mount one")
		return
	}
	dir := t.TempDir()
	run(t, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=0755", diskSize), "tmpfs", dir)
	t.Cleanup(func() { run(t, "umount", dir) })
	seed := seedOf(t)
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

// filling is the fault of a disk without room, which ends PostgreSQL if it
// cannot write its log.
func (s *system) filling(dir string, seed uint64) fault {
	return fault{name: "disk full", strikes: []string{"postgres"}, inject: func() func() {
		gourmand := s.newWriter("gourmand", seed) // while there is room for users
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
		_ = file.Close() // it may be as short as it likes
		s.gorge(gourmand)
		return func() {
			if err := os.Remove(ballast); err != nil {
				s.t.Fatal(err)
			}
			// What a supervisor does: the server may have given up.
			if !s.postgres.Running() {
				s.postgres.Restart()
			}
		}
	}}
}

// gorge writes so much that PostgreSQL needs more of the disk, until there is
// none.
func (s *system) gorge(w *writer) {
	t := s.t
	t.Helper()
	const most, each = 100, 50
	for n := range most {
		var operations []any
		for range each {
			var long strings.Builder
			for long.Len() < taskapi.MaxDescriptionLength-20 {
				fmt.Fprintf(&long, "%x ", w.random.Uint64()) // which cannot be made shorter
			}
			operations = append(operations, map[string]any{"op": "create", "kind": "task", "data": map[string]any{"title": "much", "description": long.String()}})
		}
		status, answer, err := w.send(t.Context(), http.MethodPost, "/api/batch", map[string]any{"operations": operations}, nil)
		if err != nil || status != http.StatusOK {
			t.Logf("after %d batches: %d %.200s %v", n, status, answer, err)
			return
		}
	}
	t.Errorf("the disk is not full after %d batches", most)
}
