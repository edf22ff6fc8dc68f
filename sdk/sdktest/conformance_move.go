package sdktest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func after(id string) taskapi.MoveTaskRequest {
	return taskapi.MoveTaskRequest{After: taskapi.Some(&id)}
}

func before(id string) taskapi.MoveTaskRequest {
	return taskapi.MoveTaskRequest{Before: taskapi.Some(&id)}
}

var (
	toFirst = taskapi.MoveTaskRequest{After: taskapi.Null[string]()}
	toLast  = taskapi.MoveTaskRequest{Before: taskapi.Null[string]()}
)

// wantOrder checks the manual order, by one-letter titles.
func (s *subject) wantOrder(want string) {
	s.Helper()
	s.wantTitles(taskapi.ListTasksOptions{Sort: taskapi.ManualOrder}, strings.Split(want, "")...)
}

// move moves a task.
func (s *subject) move(task taskapi.Task, to taskapi.MoveTaskRequest) taskapi.Task {
	s.Helper()
	moved, err := s.client.MoveTask(s.Context(), task.ID, to)
	s.ok(err)
	return moved
}

var moveCases = []contractCase{
	{"a task moves after and before another one, and to both ends", func(s *subject) {
		all := s.createTasks("a", "b", "c", "d")
		a, b, c, d := all[0], all[1], all[2], all[3]
		for _, step := range []struct {
			task taskapi.Task
			to   taskapi.MoveTaskRequest
			want string
		}{
			{a, after(c.ID), "bcad"},
			{d, before(b.ID), "dbca"},
			{d, after(b.ID), "bdca"},
			{a, toFirst, "abdc"},
			{b, toLast, "adcb"},
			{c, after(strings.ToUpper(a.ID)), "acdb"},
			{a, after(b.ID), "cdba"},
			{d, before(c.ID), "dcba"},
		} {
			s.move(step.task, step.to)
			s.wantOrder(step.want)
		}
		s.createTasks("e")
		s.wantOrder("dcbae")
	}},
	{"a move changes only the moved task", func(s *subject) {
		all := s.createTasks("a", "b", "c")
		seq := s.seq()
		moved := s.move(all[2], toFirst)
		want := all[2]
		want.Version, want.UpdatedAt, want.Position = 2, moved.UpdatedAt, moved.Position
		s.same("moved", moved, want)
		if moved.Position >= all[0].Position {
			s.Errorf("the moved task has the position %s, which is not before %s", moved.Position, all[0].Position)
		}
		s.same("the task that is read", s.get(moved.ID), moved)
		s.sameChanges(s.feed(seq, 0), []taskapi.Change{changedTo(seq+1, moved)})
	}},
	{"a task that is already there keeps its version", func(s *subject) {
		all := s.createTasks("a", "b", "c")
		b, seq := all[1], s.seq()
		for _, to := range []taskapi.MoveTaskRequest{after(all[0].ID), before(all[2].ID)} {
			s.same("moved", s.move(b, to), b)
		}
		s.same("moved", s.move(all[0], toFirst), all[0])
		s.same("moved", s.move(all[2], toLast), all[2])
		s.same("the change number", s.seq(), seq)
	}},
	{"other writes, also delete and restore, keep the place", func(s *subject) {
		all := s.createTasks("a", "b", "c")
		moved := s.move(all[2], toFirst)
		replaced, err := s.client.ReplaceTask(s.Context(), moved.ID, taskapi.ReplaceTaskRequest{Title: "d"})
		s.ok(err)
		s.same("position", replaced.Position, moved.Position)
		s.must(s.client.DeleteTask(s.Context(), moved.ID))
		s.wantOrder("ab")
		s.move(all[1], toFirst)
		s.must(s.client.RestoreTask(s.Context(), moved.ID))
		if got := s.titles(taskapi.ListTasksOptions{Sort: taskapi.ManualOrder}); len(got) != 3 || !slices.Contains(got, "d") {
			s.Errorf("the tasks are %q", got)
		}
		s.move(all[0], before(moved.ID)) // it is in the order again
	}},
	{"422: the other task is not in this order, or is the task itself", func(s *subject) {
		all := s.createTasks("a", "b", "c")
		s.must(s.client.DeleteTask(s.Context(), all[2].ID))
		strangers := s.another().createTasks("d")
		for _, id := range []string{missing, all[0].ID, all[2].ID, strangers[0].ID} {
			for field, to := range map[string]taskapi.MoveTaskRequest{"after": after(id), "before": before(id)} {
				s.problem(s.raw(http.MethodPost, "/api/tasks/"+all[0].ID+"/move", inJSON(to)), taskapi.CodeInvalid, field422(field, taskapi.FieldNotFound))
				_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
					taskapi.TaskOperations.Move(all[1].ID, 0, toFirst), taskapi.TaskOperations.Move(all[0].ID, 0, to),
				})
				s.failsAt(err, sdk.ErrInvalid, field422("operations[1].to."+field, taskapi.FieldNotFound))
			}
		}
		s.wantOrder("ab")
	}},
	{"422: not exactly one place", func(s *subject) {
		path := "/api/tasks/" + s.createTasks("a")[0].ID + "/move"
		for body, want := range map[string]taskapi.FieldError{
			`{}`:                           field422("after", taskapi.FieldRequired),
			`{"after":null,"before":null}`: field422("before", taskapi.FieldNotAllowed),
			`{"after":"7"}`:                field422("after", taskapi.FieldFormat),
			`{"before":7}`:                 field422("before", taskapi.FieldType),
			`{"first":true,"after":null}`:  field422("first", taskapi.FieldUnknown),
		} {
			s.part(body, func(s *subject) { s.problem(s.raw(http.MethodPost, path, body), taskapi.CodeInvalid, want) })
		}
	}},
	{"moves in a batch see those before them", func(s *subject) {
		all := s.createTasks("a", "b", "c", "d")
		a, b, c, d := all[0].ID, all[1].ID, all[2].ID, all[3].ID
		move := taskapi.TaskOperations.Move
		resources, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
			move(d, 1, toFirst),                  // dabc
			move(c, 0, after(d)),                 // dcab
			taskapi.TaskOperations.Delete(d, 2),  // cab
			move(b, 0, toFirst),                  // bca
			move(a, 0, after(b)),                 // bac
			taskapi.TaskOperations.Restore(d, 3), // ?
			move(d, 0, toLast),                   // bacd
			taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "e"}),
			move(c, 0, toLast), // badec
		})
		s.ok(err)
		s.wantOrder("badec")
		for _, task := range s.tasks(resources) {
			s.same("response", task, s.get(task.ID))
		}
	}},
	{"several moves to one place in a batch keep their order", func(s *subject) {
		all := s.createTasks("a", "b", "c", "d", "e", "f", "g")
		var behind, ahead []taskapi.BatchOperation
		for _, task := range all[1:6] {
			behind = append(behind, taskapi.TaskOperations.Move(task.ID, 0, after(all[0].ID)))
			ahead = append(ahead, taskapi.TaskOperations.Move(task.ID, 0, before(all[6].ID)))
		}
		s.must(s.client.Batch(s.Context(), behind))
		s.wantOrder("afedcbg")
		s.must(s.client.Batch(s.Context(), ahead))
		s.wantOrder("abcdefg")
	}},
	{"a retry with the same key moves once", func(s *subject) {
		all := s.createTasks("a", "b", "c")
		moved, err := s.client.MoveTask(s.Context(), all[2].ID, toFirst, sdk.WithIdempotencyKey("k"))
		s.ok(err)
		s.move(all[0], toFirst)
		again, err := s.client.MoveTask(s.Context(), all[2].ID, toFirst, sdk.WithIdempotencyKey("k"))
		s.ok(err)
		s.same("again", again, moved)
		s.wantOrder("acb")
		s.fails(errorOf(s.client.MoveTask(s.Context(), all[2].ID, toLast, sdk.WithIdempotencyKey("k"))), sdk.ErrIdempotencyKeyReused)
	}},
}
