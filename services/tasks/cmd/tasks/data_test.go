package main

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestDataCommands runs the commands by their arguments and the environment, so it
// cannot run in parallel.
func TestDataCommands(t *testing.T) {
	db := storetest.NewDatabase(t)
	t.Setenv("DATABASE_URL", db.URL)
	t.Setenv("DATABASE_POOLED", strconv.FormatBool(db.Pooled))
	s := storetest.Open(t, store.Config{URL: db.URL})
	for _, title := range []string{"one <b>", "two"} {
		if _, err := s.Write(t.Context(), "alice", store.Operation{
			Op: taskapi.BatchCreate, Kind: taskapi.KindTask, Data: taskapi.CreateTaskRequest{Title: title},
		}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		args []string
		want []string // prefixes of words on each line
	}{
		{[]string{"export-user", "alice"}, []string{`{"kind":"task","data":{"id":`, `"title":"two"`}},
		{[]string{"export-user", "bob"}, nil},
		{[]string{"usage", "alice"}, []string{"2 resources, 210 bytes"}},
		{[]string{"usage", "bob"}, []string{"0 resources, 0 bytes"}},
		{[]string{"purge"}, []string{"removed 0 rows"}},
		{[]string{"erase-user", "alice"}, []string{"removed 2 resources"}},
		{[]string{"export-user", "alice"}, nil},
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
				t.Errorf("%v: line %q does not hold %q", tc.args, lines[i], want)
			}
		}
	}
	if err := run([]string{"erase-user", ""}); err == nil {
		t.Error("erase-user accepted an empty id")
	}
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
