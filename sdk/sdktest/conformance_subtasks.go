package sdktest

import (
	"net/http"
	"strings"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// createUnder adds a sub-task, or a top-level task if parent is empty.
func (s *subject) createUnder(title string, parent string) taskapi.Task {
	s.Helper()
	request := taskapi.CreateTaskRequest{Title: title}
	if parent != "" {
		request.ParentID = &parent
	}
	return s.create(request)
}

// chain adds tasks, each a sub-task of the previous one.
func (s *subject) chain(titles string) (all []taskapi.Task) {
	s.Helper()
	parent := ""
	for title := range strings.SplitSeq(titles, "") {
		all = append(all, s.createUnder(title, parent))
		parent = all[len(all)-1].ID
	}
	return all
}

// waysToNest returns the calls that make a task a sub-task of another one, or with "" a
// top-level task.
func (s *subject) waysToNest(id, parent string) []func() (taskapi.Task, error) {
	to := taskapi.Optional[*string]{Set: true}
	if parent != "" {
		to.Value = &parent
	}
	return []func() (taskapi.Task, error){
		func() (taskapi.Task, error) {
			return s.client.UpdateTask(s.Context(), id, taskapi.UpdateTaskRequest{ParentID: to})
		},
		func() (taskapi.Task, error) {
			return s.client.ReplaceTask(s.Context(), id, taskapi.ReplaceTaskRequest{Title: "x", ParentID: to.Value})
		},
		func() (taskapi.Task, error) {
			return s.client.MoveTask(s.Context(), id, taskapi.MoveTaskRequest{ParentID: to})
		},
	}
}

// cannotNest checks that no way makes a task a sub-task of another one.
func (s *subject) cannotNest(id, parent string, code taskapi.FieldErrorCode) {
	s.Helper()
	for _, way := range s.waysToNest(id, parent) {
		_, err := way()
		s.failsAt(err, sdk.ErrInvalid, field422("parentId", code))
	}
}

// states lists tasks by title, followed by x if completed and - if in the trash.
func (s *subject) states(tasks ...taskapi.Task) string {
	s.Helper()
	var states []string
	for _, task := range tasks {
		now := s.get(task.ID)
		state := now.Title
		if now.Completed {
			state += "x"
		}
		if now.DeletedAt != nil {
			state += "-"
		}
		states = append(states, state)
	}
	return strings.Join(states, " ")
}

func (s *subject) complete(id string, completed bool) {
	s.Helper()
	s.update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(completed)})
}

var subTaskCases = []contractCase{
	{"a sub-task is in its parent's list", func(s *subject) {
		lists := s.createLists("garden", "kitchen")
		garden, kitchen := lists[0].ID, lists[1].ID
		a := s.createIn("a", &garden)
		b := s.createUnder("b", a.ID)
		c := s.create(taskapi.CreateTaskRequest{Title: "c", ListID: &garden, ParentID: new(strings.ToUpper(b.ID))})
		if b.ListID == nil || *b.ListID != garden || b.ParentID == nil || *b.ParentID != a.ID || *c.ParentID != b.ID {
			s.Errorf("the sub-tasks are %s and %s, want the list and ids of their parents", inJSON(b), inJSON(c))
		}
		s.wantTitles(taskapi.ListTasksOptions{ParentID: a.ID}, "b")
		s.wantTitles(taskapi.ListTasksOptions{ParentID: strings.ToUpper(b.ID), ListID: garden}, "c")
		s.wantTitles(taskapi.ListTasksOptions{ParentID: b.ID, ListID: kitchen})
		s.wantTitles(taskapi.ListTasksOptions{ParentID: taskapi.NoParent}, "a")
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden}, "c", "b", "a")

		seq := s.seq()
		moved := s.update(a.ID, taskapi.UpdateTaskRequest{ListID: taskapi.Some(&kitchen)})
		s.wantTitles(taskapi.ListTasksOptions{ListID: kitchen}, "c", "b", "a")
		s.sameChanges(s.feed(seq, 0), []taskapi.Change{changedTo(seq+1, moved), changedTo(seq+2, s.get(b.ID)), changedTo(seq+3, s.get(c.ID))})
		s.update(b.ID, taskapi.UpdateTaskRequest{ParentID: taskapi.Null[string]()})
		s.wantTitles(taskapi.ListTasksOptions{ListID: kitchen, ParentID: taskapi.NoParent}, "b", "a")
		s.must(s.client.ReplaceTask(s.Context(), b.ID, taskapi.ReplaceTaskRequest{Title: "b"}))
		s.wantTitles(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "c", "b")
		s.must(s.client.ReplaceTask(s.Context(), b.ID, taskapi.ReplaceTaskRequest{Title: "b", ParentID: &a.ID}))
		s.wantTitles(taskapi.ListTasksOptions{ListID: kitchen}, "c", "b", "a")
	}},
	{"422: another list than the parent's", func(s *subject) {
		garden := s.createLists("garden")[0].ID
		a := s.createUnder("a", "")
		b := s.createUnder("b", a.ID)
		c := s.createIn("c", &garden)
		for body, path := range map[string]string{
			`{"listId":"` + garden + `"}`:                           "/api/tasks/" + b.ID,
			`{"listId":"` + garden + `","parentId":"` + a.ID + `"}`: "/api/tasks/" + b.ID,
			`{"listId":null,"parentId":"` + c.ID + `"}`:             "/api/tasks/" + b.ID,
			`{"parentId":"` + a.ID + `","listId":"` + garden + `"}`: "/api/tasks/" + c.ID,
		} {
			s.problem(s.raw(http.MethodPatch, path, body), taskapi.CodeInvalid, field422("listId", taskapi.FieldNotAllowed))
		}
		s.problem(s.raw(http.MethodPost, "/api/tasks/"+b.ID+"/move", `{"listId":null,"parentId":"`+c.ID+`"}`), taskapi.CodeInvalid, field422("listId", taskapi.FieldNotAllowed))
		s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"d","listId":"`+garden+`","parentId":"`+a.ID+`"}`), taskapi.CodeInvalid, field422("listId", taskapi.FieldNotAllowed))
		s.wantTitles(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "b", "a")
	}},
	{"422: the parent does not exist, or is another user's", func(s *subject) {
		a := s.createUnder("a", "")
		gone := s.createUnder("gone", "")
		s.must(s.client.DeleteTask(s.Context(), gone.ID))
		for _, id := range []string{missing, gone.ID, s.another().createUnder("theirs", "").ID} {
			s.cannotNest(a.ID, id, taskapi.FieldNotFound)
			s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"b","parentId":"`+id+`"}`), taskapi.CodeInvalid, field422("parentId", taskapi.FieldNotFound))
			_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "b", ParentID: &id})})
			s.failsAt(err, sdk.ErrInvalid, field422("operations[0].data.parentId", taskapi.FieldNotFound))
		}
		s.wantTitles(taskapi.ListTasksOptions{}, "a")
	}},
	{"422: more than four levels, or a cycle", func(s *subject) {
		chain := s.chain("abcd")
		s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"e","parentId":"`+chain[3].ID+`"}`), taskapi.CodeInvalid, field422("parentId", taskapi.FieldTooDeep))
		for i, above := range chain {
			for _, below := range chain[i:] {
				s.cannotNest(above.ID, below.ID, taskapi.FieldNotAllowed)
			}
		}
		pair := s.chain("xy")
		s.cannotNest(pair[0].ID, chain[2].ID, taskapi.FieldTooDeep)
		s.must(s.client.DeleteTask(s.Context(), pair[1].ID))
		s.cannotNest(pair[0].ID, chain[2].ID, taskapi.FieldTooDeep) // tasks in the trash count
		s.must(s.client.EraseTask(s.Context(), pair[1].ID))
		for _, way := range s.waysToNest(pair[0].ID, chain[2].ID) {
			s.must(way())
		}
		s.must(s.client.Batch(s.Context(), []taskapi.BatchOperation{
			taskapi.TaskOperations.Update(chain[1].ID, 0, taskapi.UpdateTaskRequest{ParentID: taskapi.Null[string]()}),
			taskapi.TaskOperations.Update(chain[0].ID, 0, taskapi.UpdateTaskRequest{ParentID: taskapi.Some(&chain[1].ID)}),
		}))
		s.wantTitles(taskapi.ListTasksOptions{ParentID: chain[1].ID}, "c", "a")
	}},
	{"completing a task completes those below, reopening one reopens those above", func(s *subject) {
		chain := s.chain("abcd")
		e := s.createUnder("e", chain[1].ID)
		s.complete(e.ID, true)
		done := s.get(e.ID)
		seq := s.seq()
		s.complete(chain[1].ID, true)
		s.same("states", s.states(append(chain, e)...), "a bx cx dx ex")
		s.same("the task completed before", s.get(e.ID), done)
		if c := s.get(chain[2].ID); c.Version != 2 || c.CompletedAt == nil || !c.CompletedAt.Equal(*s.get(chain[1].ID).CompletedAt) || s.seq() != seq+3 {
			s.Errorf("after the changes %d to %d: %s", seq, s.seq(), inJSON(c))
		}
		s.complete(chain[3].ID, false)
		s.same("states", s.states(append(chain, e)...), "a b c d ex")
		s.complete(chain[0].ID, true)
		s.same("states", s.states(append(chain, e)...), "ax bx cx dx ex")
		f := s.createUnder("f", chain[1].ID)
		s.same("after adding an open sub-task", s.states(append(chain, e, f)...), "a b cx dx ex f")
		s.complete(chain[0].ID, true)
		g := s.createUnder("g", "")
		s.must(s.client.MoveTask(s.Context(), g.ID, taskapi.MoveTaskRequest{ParentID: taskapi.Some(&chain[2].ID)}))
		s.same("after moving an open task below", s.states(append(chain, g)...), "a b c dx g")
		s.must(s.client.DeleteTask(s.Context(), g.ID))
		s.complete(chain[0].ID, true)
		s.must(s.client.RestoreTask(s.Context(), g.ID))
		s.same("after restoring an open sub-task", s.states(append(chain, g)...), "a b c dx g")
	}},
	{"sub-tasks are deleted with their task, and restored with it", func(s *subject) {
		chain := s.chain("abcd")
		e := s.createUnder("e", chain[1].ID)
		all := append(chain, e)
		s.must(s.client.DeleteTask(s.Context(), e.ID))
		seq := s.seq()
		s.must(s.client.DeleteTask(s.Context(), chain[1].ID))
		s.same("deleted", s.states(all...), "a b- c- d- e-")
		s.same("the change number", s.seq(), seq+3)
		restored, err := s.client.RestoreTask(s.Context(), chain[2].ID)
		s.ok(err)
		if restored.ParentID != nil {
			s.Errorf("restored without its parent: %s", inJSON(restored))
		}
		s.same("the states after a partial restore", s.states(all...), "a b- c d e-")
		s.must(s.client.RestoreTask(s.Context(), chain[1].ID))
		s.same("restored", s.states(all...), "a b c d e-")
		s.must(s.client.RestoreTask(s.Context(), e.ID))
		s.wantTitles(taskapi.ListTasksOptions{ParentID: chain[1].ID}, "e")
		s.must(s.client.DeleteTask(s.Context(), e.ID))
		seq = s.seq()
		s.must(s.client.EraseTask(s.Context(), chain[0].ID))
		s.sameChanges(s.feed(seq, 0), []taskapi.Change{
			{Seq: seq + 1, Kind: taskapi.KindTask, ID: chain[0].ID}, {Seq: seq + 2, Kind: taskapi.KindTask, ID: chain[1].ID}, {Seq: seq + 3, Kind: taskapi.KindTask, ID: e.ID},
		})
		s.wantTitles(taskapi.ListTasksOptions{Deleted: true})
		s.wantTitles(taskapi.ListTasksOptions{}, "d", "c")
	}},
	{"sub-tasks in the trash move with their task to another list", func(s *subject) {
		lists := s.createLists("garden", "kitchen")
		a := s.createIn("a", &lists[0].ID)
		b := s.createUnder("b", a.ID)
		c := s.createUnder("c", b.ID)
		s.must(s.client.DeleteTask(s.Context(), b.ID))
		s.must(s.client.MoveTask(s.Context(), a.ID, taskapi.MoveTaskRequest{ListID: taskapi.Some(&lists[1].ID)}))
		s.wantTitles(taskapi.ListTasksOptions{Deleted: true, ListID: lists[1].ID}, "c", "b")
		s.must(s.client.DeleteList(s.Context(), lists[1].ID))
		s.must(s.client.RestoreTask(s.Context(), b.ID))
		s.same("restored", s.states(a, b, c), "a- b c")
		s.wantTitles(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "c", "b")
		s.must(s.client.EraseList(s.Context(), lists[1].ID))
		s.wantTitles(taskapi.ListTasksOptions{}, "c", "b")
	}},
	{"a move goes to another list or parent, and to a place there", func(s *subject) {
		garden := s.createLists("garden")[0].ID
		for _, title := range []string{"a", "b", "c"} {
			s.createIn(title, &garden)
		}
		ids := map[string]string{}
		for task, err := range s.client.Tasks(s.Context(), taskapi.ListTasksOptions{}) {
			s.ok(err)
			ids[task.Title] = task.ID
		}
		x := s.createUnder("x", "")
		y := s.createUnder("y", x.ID)
		wantOrder := func(parent, want string) {
			s.Helper()
			s.wantTitles(taskapi.ListTasksOptions{ListID: garden, ParentID: parent, Sort: taskapi.ManualOrder}, strings.Split(want, "")...)
		}
		moved := s.move(x, taskapi.MoveTaskRequest{ListID: taskapi.Some(&garden), After: taskapi.Some(new(ids["a"]))})
		if moved.Version != 2 || *moved.ListID != garden || *s.get(y.ID).ListID != garden {
			s.Errorf("the moved task is %s, want version 2 in the other list, with its sub-task", inJSON(moved))
		}
		wantOrder(taskapi.NoParent, "axbc")
		s.same("again", s.move(x, taskapi.MoveTaskRequest{ListID: taskapi.Some(&garden), After: taskapi.Some(new(ids["a"]))}), moved)
		for _, title := range []string{"b", "c", "a"} {
			s.move(taskapi.Task{ID: ids[title]}, taskapi.MoveTaskRequest{ParentID: taskapi.Some(&x.ID)})
		}
		wantOrder(x.ID, "ybca")
		s.move(y, taskapi.MoveTaskRequest{Before: taskapi.Some(new(ids["a"]))})
		wantOrder(x.ID, "bcya")
		s.move(y, taskapi.MoveTaskRequest{ParentID: taskapi.Some(new(ids["c"])), After: taskapi.Null[string]()})
		wantOrder(ids["c"], "y")
		s.move(taskapi.Task{ID: ids["b"]}, taskapi.MoveTaskRequest{ListID: taskapi.Some(&garden), Before: taskapi.Some(&x.ID)})
		wantOrder(taskapi.NoParent, "bx")
		s.move(taskapi.Task{ID: ids["c"]}, taskapi.MoveTaskRequest{ListID: taskapi.Null[string]()})
		s.wantTitles(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "y", "c")
		for field, to := range map[string]taskapi.MoveTaskRequest{
			"after":  {ParentID: taskapi.Some(&x.ID), After: taskapi.Some(new(ids["c"]))},
			"before": {Before: taskapi.Some(&y.ID)},
		} {
			s.problem(s.raw(http.MethodPost, "/api/tasks/"+ids["b"]+"/move", inJSON(to)), taskapi.CodeInvalid, field422(field, taskapi.FieldNotFound))
		}
	}},
	{"a batch sees the sub-tasks that it has changed", func(s *subject) {
		chain := s.chain("abc")
		a, b, c := chain[0].ID, chain[1].ID, chain[2].ID
		complete := func(id string, version int64, completed bool) taskapi.BatchOperation {
			return taskapi.TaskOperations.Update(id, version, taskapi.UpdateTaskRequest{Completed: taskapi.Some(completed)})
		}
		resources, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
			complete(a, 1, true),                //  2 2 2
			complete(c, 2, false),               //  3 3 3
			taskapi.TaskOperations.Delete(b, 3), // 3 4 4
			taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "d", ParentID: &a}),
			taskapi.TaskOperations.Restore(c, 4),                                                   // 3 4 5
			taskapi.TaskOperations.Restore(b, 4),                                                   // 3 5 5
			taskapi.TaskOperations.Move(b, 0, taskapi.MoveTaskRequest{ParentID: taskapi.Some(&c)}), // 3 6 5
			complete(a, 3, true),
		}, sdk.WithIdempotencyKey("k"))
		s.ok(err)
		for _, task := range s.tasks(resources) {
			s.same("response", task, s.get(task.ID))
		}
		s.same("states", s.states(chain...), "ax b c")
	}},
}
