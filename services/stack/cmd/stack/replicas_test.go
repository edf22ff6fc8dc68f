package main_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReplicasAreRestarted expects that no request fails when a replica ends.
func TestReplicasAreRestarted(t *testing.T) {
	t.Parallel()
	s := newSettings(t)
	s["REPLICAS"] = "2"
	s["DRAIN_DELAY"] = "1s"
	r := up(t, s)
	ada := newVisitor(t, s)
	ada.signUp(t)
	ada.addTask(t, "Water the plants")
	servers := func() (pids map[string][]int) {
		r.pids = descendants(t, r.cmd.Process.Pid)
		pids = map[string][]int{}
		for _, pid := range r.pids {
			command := commandOf(t, pid)
			for _, name := range []string{"tasks", "bff"} {
				if strings.HasSuffix(command, name+" serve") {
					pids[name] = append(pids[name], pid)
				}
			}
		}
		return pids
	}
	for name, signal := range map[string]syscall.Signal{"tasks": syscall.SIGKILL, "bff": syscall.SIGTERM} {
		before := servers()
		if len(before["tasks"]) != 2 || len(before["bff"]) != 2 {
			t.Fatalf("the stack has the servers %v, want two of each", before)
		}
		ended := before[name][0]
		if err := syscall.Kill(ended, signal); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(waitTimeout); ; ada.wantTasks(t, "Water the plants") {
			if now := servers()[name]; len(now) == 2 && !slices.Contains(now, ended) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s was not restarted", name)
			}
		}
	}
	if code := r.signal(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code = %d, want 0", code)
	}
}
