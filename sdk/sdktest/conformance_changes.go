package sdktest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// feed returns all changes after a number.
func (s *subject) feed(after int64, limit int) []taskapi.Change {
	s.Helper()
	var changes []taskapi.Change
	for change, err := range s.client.Changes(s.Context(), taskapi.ListChangesOptions{After: after, Limit: limit}) {
		s.ok(err)
		changes = append(changes, change)
	}
	return changes
}

// state is the tasks that a reader of changes knows.
type state map[string]taskapi.Task

func (st state) apply(s *subject, change taskapi.Change) {
	s.Helper()
	if change.Erased() {
		delete(st, change.ID)
		return
	}
	task, err := change.Task()
	s.ok(err)
	st[change.ID] = task
}

// state returns the user's tasks, in the trash or outside it.
func (s *subject) state() state {
	s.Helper()
	all := state{}
	for _, deleted := range []bool{false, true} {
		for task, err := range s.client.Tasks(s.Context(), taskapi.ListTasksOptions{Deleted: deleted}) {
			s.ok(err)
			all[task.ID] = task
		}
	}
	return all
}

var changeCases = []contractCase{
	{"each task appears once, at its latest number, also if it was erased", func(s *subject) {
		tasks := s.createTasks("updated", "trashed", "erased", "untouched")
		start := s.seq()
		s.update(tasks[0].ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("1")})
		trashed, err := s.client.DeleteTask(s.Context(), tasks[1].ID)
		s.ok(err)
		s.must(s.client.EraseTask(s.Context(), tasks[2].ID))
		updated := s.update(tasks[0].ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("2")})
		got := s.feed(start, 0)
		if len(got) != 3 {
			s.Fatalf("the changes of the three tasks are %s, want one of each", inJSON(got))
		}
		s.sameChanges(got, []taskapi.Change{
			changedTo(got[0].Seq, trashed), erased(got[1].Seq, tasks[2].ID), changedTo(got[2].Seq, updated),
		})
		if start >= got[0].Seq || got[0].Seq >= got[1].Seq || got[1].Seq >= got[2].Seq || got[2].Seq != s.seq() {
			s.Errorf("the numbers of %s do not increase from %d to %d, that of the list", inJSON(got), start, s.seq())
		}
	}},
	{"the feed from the beginning has the whole state", func(s *subject) {
		tasks := s.createTasks("a", "b", "c", "d", "e")
		s.must(s.client.DeleteTask(s.Context(), tasks[1].ID))
		s.must(s.client.EraseTask(s.Context(), tasks[2].ID))
		for limit := range 4 {
			read := state{}
			for _, change := range s.feed(0, limit) {
				read.apply(s, change)
			}
			s.same("state", read, s.state())
		}
	}},
	{"meta has the next cursor, and whether there are more changes", func(s *subject) {
		s.createTasks("a", "b", "c")
		first, err := s.client.ListChanges(s.Context(), taskapi.ListChangesOptions{Limit: 2})
		s.ok(err)
		s.same("meta", first.Meta, taskapi.ChangesMeta{
			NextCursor: fmt.Sprintf("%d-%d", first.Changes[1].Seq, s.seq()), HasMore: true,
		})
		second, err := s.client.ListChanges(s.Context(), taskapi.ListChangesOptions{Cursor: first.Meta.NextCursor, Limit: 1})
		s.ok(err)
		s.same("meta", second.Meta, taskapi.ChangesMeta{NextCursor: strconv.FormatInt(s.seq(), 10), HasMore: false})
		end, err := s.client.ListChanges(s.Context(), taskapi.ListChangesOptions{Cursor: second.Meta.NextCursor})
		s.ok(err)
		s.same("end", end, sdk.ChangePage{Changes: []taskapi.Change{}, Meta: taskapi.ChangesMeta{NextCursor: strconv.FormatInt(s.seq(), 10)}})
	}},
	{"a task that was created and erased has only the change with null", func(s *subject) {
		start := s.seq()
		task := s.create(full())
		s.must(s.client.EraseTask(s.Context(), task.ID))
		s.sameChanges(s.feed(start, 0), []taskapi.Change{erased(s.seq(), task.ID)})
	}},
	{"a cursor beyond the last change is 410", func(s *subject) {
		s.createTasks("a")
		s.fails(errorOf(s.client.ListChanges(s.Context(), taskapi.ListChangesOptions{After: s.seq() + 1})), sdk.ErrCursorExpired)
		s.problem(s.raw(http.MethodGet, "/api/changes?after=9223372036854775807", ""), taskapi.CodeCursorExpired)
	}},
	{"a reader misses no change of concurrent writers", func(s *subject) {
		const writers, writes = 4, 8
		var all sync.WaitGroup
		for range writers {
			all.Go(func() { s.write(writes) })
		}
		done := make(chan struct{})
		go func() { all.Wait(); close(done) }()
		read, last := state{}, int64(0)
		for finished := false; ; {
			before := last
			for _, change := range s.feed(last, 5) {
				if change.Seq <= last {
					s.Fatalf("change %d comes after %d", change.Seq, last)
				}
				last = change.Seq
				read.apply(s, change)
			}
			if finished && before == last {
				break
			}
			select {
			case <-done:
				finished = true
			default:
			}
		}
		s.same("state", read, s.state())
		if last != s.seq() {
			s.Errorf("the feed ends at %d, the list is at %d", last, s.seq())
		}
	}},
}
