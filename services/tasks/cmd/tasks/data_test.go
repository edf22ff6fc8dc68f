package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestDataCommands_PrintTheirResult sets the environment and standard output, so it cannot
// run in parallel.
func TestDataCommands_PrintTheirResult(t *testing.T) {
	db := storetest.NewDatabase(t)
	t.Setenv("DATABASE_URL", db.URL)
	t.Setenv("DATABASE_POOLED", strconv.FormatBool(db.Pooled))
	s := storetest.Open(t, store.Config{URL: db.URL})
	for _, title := range []string{"one <b>", "two"} {
		if err := create(t, s, "alice", title); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		args []string
		want []string // a part of each line
	}{
		{[]string{"export-user", "alice"}, []string{`{"kind":"task","data":{"id":`, `"title":"two"`}},
		{[]string{"usage", "alice"}, []string{"2 resources, 210 bytes"}},
		{[]string{"purge"}, []string{"removed 0 rows"}},
		{[]string{"erase-user", "alice"}, []string{"removed 2 resources"}},
		{[]string{"export-user", "alice"}, nil},
		{[]string{"erase-user", "alice"}, []string{"removed 0 resources"}},
	} {
		out := printed(t, tc.args)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if out == "" {
			lines = nil
		}
		if len(lines) != len(tc.want) {
			t.Errorf("%v printed %d lines, want %d:\n%s", tc.args, len(lines), len(tc.want), out)
			continue
		}
		for i, want := range tc.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%v: line %q does not contain %q", tc.args, lines[i], want)
			}
		}
	}
	for _, command := range []string{"export-user", "usage", "erase-user"} {
		for id, want := range map[string]string{"": "the user's id must not be blank", " ": "the user's id must not be blank", "bob": `there is no data of a user "bob"`} {
			if err := run([]string{command, id}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %q: error %v, want %q", command, id, err, want)
			}
		}
	}
	if err := create(t, s, "bob", "three"); !errors.Is(err, store.ErrUserErased) {
		t.Errorf("the first write of an erased user: got %v", err)
	}
}

func create(t *testing.T, s *store.Store, user, title string) error {
	t.Helper()
	_, err := s.Write(t.Context(), user, store.Operation{
		Op: taskapi.BatchCreate, Kind: taskapi.KindTask, Data: taskapi.CreateTaskRequest{Title: title},
	}, nil)
	return err
}

// printed runs a command and returns what it writes to standard output.
func printed(t *testing.T, args []string) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = stdout }()
	read := make(chan string, 1)
	go func() {
		var buf bytes.Buffer
		_, _ = io.Copy(&buf, r)
		read <- buf.String()
	}()
	if err := run(args); err != nil {
		t.Errorf("%v: %v", args, err)
	}
	_ = w.Close()
	return <-read
}
