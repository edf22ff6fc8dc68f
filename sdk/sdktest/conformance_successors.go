package sdktest

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// filled returns a request whose zero fields, except the named ones, have values from their
// tags. A case that uses it covers fields added later, too.
func (s *subject) filled(request taskapi.CreateTaskRequest, except ...string) taskapi.CreateTaskRequest {
	s.Helper()
	for field, value := range reflect.ValueOf(&request).Elem().Fields() {
		if !value.IsZero() || slices.Contains(except, field.Name) {
			continue
		}
		if field.Type.Kind() == reflect.Pointer {
			value.Set(reflect.New(field.Type.Elem()))
			value = value.Elem()
		}
		example := field.Tag.Get("example")
		if values := field.Tag.Get("enum"); values != "" {
			example = values[strings.LastIndex(values, ",")+1:] // the first is often the default
		}
		switch value.Kind() {
		case reflect.Bool:
			value.SetBool(true)
		case reflect.String:
			value.SetString(example)
		case reflect.Slice:
			value.Set(reflect.ValueOf(strings.Split(example, ",")))
		default:
			if value.Kind() == reflect.Struct { // a time
				example = `"` + example + `"`
			}
			if err := json.Unmarshal([]byte(example), value.Addr().Interface()); err != nil {
				s.Fatalf("the example of %s: %v", field.Name, err)
			}
		}
	}
	return request
}

// outlineOf describes the tasks below a task in order, with their due dates and their
// sub-tasks.
func (s *subject) outlineOf(id string) string {
	s.Helper()
	var all []string
	for task, err := range s.client.Tasks(s.Context(), taskapi.ListTasksOptions{ParentID: id, Sort: taskapi.ManualOrder}) {
		s.ok(err)
		text := task.Title
		if task.Completed {
			text += "x"
		}
		if task.DueAt != nil {
			text += " " + dues([]taskapi.Occurrence{{DueAt: *task.DueAt, DueOn: task.DueOn}})
		}
		if below := s.outlineOf(task.ID); below != "" {
			text += " (" + below + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// touches are changes after which a next task is no longer erased.
var touches = map[string]func(s *subject, next, sub taskapi.Task){
	"changed": func(s *subject, next, _ taskapi.Task) {
		s.update(next.ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("x")})
	},
	"completed":          func(s *subject, next, _ taskapi.Task) { s.complete(next.ID, true) },
	"deleted":            func(s *subject, next, _ taskapi.Task) { s.must(s.client.DeleteTask(s.Context(), next.ID)) },
	"a sub-task deleted": func(s *subject, _, sub taskapi.Task) { s.must(s.client.DeleteTask(s.Context(), sub.ID)) },
	"a sub-task changed": func(s *subject, _, sub taskapi.Task) {
		s.update(sub.ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("x")})
	},
	"a sub-task added": func(s *subject, next, _ taskapi.Task) { s.createUnder("new", next.ID) },
	"a sub-task moved in": func(s *subject, next, _ taskapi.Task) {
		s.update(s.createUnder("old", "").ID, taskapi.UpdateTaskRequest{ParentID: taskapi.Some(&next.ID)})
	},
}

var successorCases = []contractCase{
	{"the next task equals the completed one and is directly after it", func(s *subject) {
		list := s.createLists("home")[0].ID
		top := s.createIn("top", &list)
		request := recurring("FREQ=WEEKLY", "2091-01-01")
		request.Title, request.ListID, request.ParentID, request.RecurrenceFrom = "a", &list, &top.ID, taskapi.FromDue
		a := s.create(s.filled(request, "Completed", "DueAt"))
		s.createUnder("b", top.ID)
		seq := s.seq()
		done, next := s.finish(a.ID)
		s.same("the version", done.Version, a.Version+1)
		want := a
		want.ID, want.DueOn, want.DueAt, want.Version = next.ID, next.DueOn, next.DueAt, 1
		want.Position, want.CreatedAt, want.UpdatedAt = next.Position, *done.CompletedAt, *done.CompletedAt
		s.same("the next task", next, want)
		s.wantDue(next, "2091-01-08", "2091-01-08T23:59:59Z")
		s.same("the order", s.outlineOf(top.ID), "ax 2091-01-01, a 2091-01-08, b")
		s.sameChanges(s.feed(seq, 0), []taskapi.Change{changedTo(seq+1, done), changedTo(seq+2, next)})
		if next.ID[14] != '7' || next.ID < a.ID {
			s.Errorf("the id of the next task is %s, want a UUIDv7 after %s", next.ID, a.ID)
		}
	}},
	{"the next task has the content, list and parent that the completing request sets", func(s *subject) {
		list := s.createLists("home")[0].ID
		task := s.create(recurring("FREQ=WEEKLY", "2091-01-01"))
		done := s.update(task.ID, taskapi.UpdateTaskRequest{
			Completed: taskapi.Some(true), Title: taskapi.Some("other"), DueOn: taskapi.Some(new("2091-02-01")), ListID: taskapi.Some(&list),
		})
		next := s.get(*done.NextID)
		if next.Title != "other" || *next.DueOn != "2091-02-08" || next.ListID == nil || *next.ListID != list {
			s.Errorf("the next task is %s, want the new title, a due day a week later, and the new list", inJSON(next))
		}
		s.finishLast(s.update(next.ID, taskapi.UpdateTaskRequest{Recurrence: taskapi.Null[string]()}).ID)
		parent := s.createUnder("parent", "")
		s.complete(parent.ID, true)
		replaced, err := s.client.ReplaceTask(s.Context(), s.createUnder("x", "").ID, taskapi.ReplaceTaskRequest{
			Title: "y", Completed: true, DueOn: new("2091-01-01"), Recurrence: new("FREQ=DAILY"), ParentID: &parent.ID,
		})
		s.ok(err)
		s.same("the tasks below a completed parent", s.outlineOf(parent.ID), "yx 2091-01-01, y 2091-01-02")
		s.same("the states of the parent and the task", s.states(parent, replaced), "parent yx")
	}},
	{"the next task has open copies of the sub-tasks, moved by the same number of days", func(s *subject) {
		s.setZone("Europe/Berlin")
		task := s.create(recurring("FREQ=MONTHLY", "2091-03-05T08:00:00Z"))
		sub := func(title, parent string, request taskapi.CreateTaskRequest) taskapi.Task {
			request.Title, request.ParentID = title, &parent
			return s.create(request)
		}
		b := sub("b", task.ID, recurring("FREQ=DAILY;COUNT=2", "2091-03-04T08:00:00Z"))
		a := sub("a", task.ID, taskapi.CreateTaskRequest{DueOn: new("2091-02-28"), Completed: true, Tags: []string{"x"}})
		c := sub("c", b.ID, taskapi.CreateTaskRequest{})
		sub("d", c.ID, taskapi.CreateTaskRequest{})
		gone := sub("gone", task.ID, taskapi.CreateTaskRequest{})
		s.must(s.client.DeleteTask(s.Context(), gone.ID))
		s.move(a, before(b.ID))
		seq := s.seq()
		_, next := s.finish(task.ID)
		s.wantDue(next, "", "2091-04-05T07:00:00Z")
		s.same("the sub-tasks", s.outlineOf(task.ID), "ax 2091-02-28, bx 2091-03-04T08:00:00Z (cx (dx))")
		s.same("the copies", s.outlineOf(next.ID), "a 2091-03-31, b 2091-04-04T07:00:00Z (c (d))")
		known := map[string]bool{}
		for _, change := range s.feed(seq, 0) {
			copied, err := change.Task()
			s.ok(err)
			if known[copied.ID] = true; copied.Version == 1 && copied.ParentID != nil && !known[*copied.ParentID] {
				s.Errorf("%s comes before its parent", copied.Title)
			}
		}
		s.same("the changes", s.seq(), seq+9)
		var ids, titles []string
		for copied, err := range s.client.Tasks(s.Context(), taskapi.ListTasksOptions{Completed: new(false), Sort: taskapi.OldestFirst}) {
			s.ok(err)
			ids, titles = append(ids, copied.ID), append(titles, copied.Title)
			if copied.Version != 1 || copied.NextID != nil {
				s.Errorf("the next task or a copy is %s, want version 1 and no nextId", inJSON(copied))
			}
			if copied.Title == "b" {
				s.same("the rule of a copy", *copied.Recurrence, "FREQ=DAILY;COUNT=2")
			}
		}
		s.same("the order of the ids", titles, []string{"rent", "b", "a", "c", "d"})
		if !slices.IsSorted(ids) {
			s.Errorf("the ids of the task and its copies are %q, want them in the order of creation", ids)
		}
	}},
	{"of a recurring sub-task that was completed, only the next one is copied", func(s *subject) {
		task := s.create(recurring("FREQ=WEEKLY", "2091-01-01"))
		request := recurring("FREQ=DAILY", "2091-01-01")
		request.ParentID = &task.ID
		sub := s.create(request)
		s.createUnder("below", sub.ID)
		request.Title, request.Recurrence = "once", new("FREQ=DAILY;COUNT=1")
		s.finishLast(s.create(request).ID)
		_, second := s.finish(sub.ID)
		s.finish(second.ID)
		s.same("the sub-tasks", s.outlineOf(task.ID), "rentx 2091-01-01 (belowx), rentx 2091-01-02 (belowx), rent 2091-01-03 (below), oncex 2091-01-01")
		seq := s.seq()
		_, next := s.finish(task.ID)
		s.same("the copies", s.outlineOf(next.ID), "rent 2091-01-10 (below), once 2091-01-08")
		s.same("the changes", s.seq(), seq+7)
	}},
	{"a task that is created completed, or completed with its parent, has no next task", func(s *subject) {
		request := recurring("FREQ=DAILY", "2091-01-01")
		request.Completed = true
		if task := s.create(request); task.NextID != nil {
			s.Errorf("the created task has a next one: %s", inJSON(task))
		}
		parent := s.createUnder("parent", "")
		request.Completed, request.ParentID = false, &parent.ID
		sub := s.create(request)
		s.complete(parent.ID, true)
		s.same("completed with its parent", s.outlineOf(parent.ID), "rentx 2091-01-01")
		s.update(sub.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})
		s.same("completed again", s.outlineOf(parent.ID), "rentx 2091-01-01")
		s.wantTitles(taskapi.ListTasksOptions{}, "rent", "parent", "rent")
	}},
	{"a task completed several times has one next task", func(s *subject) {
		task := s.create(recurring("FREQ=DAILY", "2091-01-01"))
		done := taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}
		var devices sync.WaitGroup
		for i := range 8 {
			devices.Go(func() {
				var opts []sdk.CallOption
				if i%2 == 0 {
					opts = append(opts, sdk.WithIdempotencyKey("complete"))
				}
				if _, err := s.client.UpdateTask(s.Context(), task.ID, done, opts...); err != nil {
					s.Error(err)
				}
			})
		}
		devices.Wait()
		s.wantTitles(taskapi.ListTasksOptions{}, "rent", "rent")
		first := s.get(task.ID).NextID
		s.update(*first, taskapi.UpdateTaskRequest{Title: taskapi.Some("mine")})
		s.complete(task.ID, false)
		s.complete(task.ID, true)
		s.same("nextId after completing it again", s.get(task.ID).NextID, first)
		s.wantTitles(taskapi.ListTasksOptions{}, "mine", "rent")
	}},
	{"a batch completes several recurring tasks", func(s *subject) {
		a, b := s.create(recurring("FREQ=DAILY", "2091-01-01")), s.create(recurring("FREQ=DAILY", "2091-02-01"))
		complete := func(task taskapi.Task, yes bool) taskapi.BatchOperation {
			return taskapi.TaskOperations.Update(task.ID, 0, taskapi.UpdateTaskRequest{Completed: taskapi.Some(yes)})
		}
		resources, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{complete(a, true), complete(b, true), complete(a, true)})
		s.ok(err)
		done := s.tasks(resources)
		s.same("the due days of the next tasks", *s.get(*done[0].NextID).DueOn+" "+*s.get(*done[1].NextID).DueOn, "2091-01-02 2091-02-02")
		s.same("the third task", done[2], done[0])
		s.wantTitles(taskapi.ListTasksOptions{Completed: new(false)}, "rent", "rent")
		resources, err = s.client.Batch(s.Context(), []taskapi.BatchOperation{complete(a, false), complete(a, true), complete(b, false)})
		s.ok(err)
		again := s.tasks(resources)
		if again[0].NextID == nil || *again[0].NextID == *done[0].NextID || again[2].NextID != nil {
			s.Errorf("after reopening both tasks, and completing one again, they are %s, want a new nextId and none", inJSON(again))
		}
		s.wantTitles(taskapi.ListTasksOptions{Completed: new(false)}, "rent", "rent")
	}},
	{"reopening a task erases an unchanged next task with its sub-tasks", func(s *subject) {
		task := s.create(recurring("FREQ=DAILY", "2091-01-01"))
		s.createUnder("sub", s.createUnder("sub", task.ID).ID)
		done, next := s.finish(task.ID)
		seq := s.seq()
		open := s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)})
		s.same("the version", open.Version, done.Version+1)
		if open.NextID != nil {
			s.Errorf("the reopened task still has the nextId %s", *open.NextID)
		}
		s.wantTitles(taskapi.ListTasksOptions{}, "sub", "sub", "rent")
		changes := s.feed(seq, 0)
		gone := slices.DeleteFunc(slices.Clone(changes), func(change taskapi.Change) bool { return !change.Erased() })
		if len(changes) != 4 || len(gone) != 3 || !slices.ContainsFunc(gone, func(change taskapi.Change) bool { return change.ID == next.ID }) {
			s.Errorf("the changes are %s, want the reopened task and three erasures, that of %s included", inJSON(changes), next.ID)
		}
		_, again := s.finish(task.ID)
		s.same("the copies of the sub-tasks", s.outlineOf(again.ID), "sub (sub)")
		s.must(s.client.EraseTask(s.Context(), again.ID))
		if open = s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}); open.NextID != nil {
			s.Errorf("the reopened task still has the nextId of an erased task: %s", inJSON(open))
		}
	}},
	{"reopening a task keeps a next task that was changed", func(s *subject) {
		for name, touch := range touches {
			s.part(name, func(s *subject) {
				task := s.create(recurring("FREQ=DAILY", "2091-01-01"))
				s.createUnder("sub", task.ID)
				_, next := s.finish(task.ID)
				page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{ParentID: next.ID})
				s.ok(err)
				touch(s, next, page.Tasks[0])
				next = s.get(next.ID)
				open := s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)})
				s.same("nextId", open.NextID, &next.ID)
				s.same("the next task", s.get(next.ID), next)
			})
		}
	}},
	{"reopening a task that is below its next task keeps the next task", func(s *subject) {
		task := s.create(recurring("FREQ=DAILY", "2091-01-01"))
		s.createUnder("sub", task.ID)
		_, next := s.finish(task.ID)
		page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{ParentID: next.ID})
		s.ok(err)
		for _, parent := range []string{next.ID, page.Tasks[0].ID} {
			task = s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false), ParentID: taskapi.Some(&parent)})
			s.same("nextId", task.NextID, &next.ID)
			s.same("the parent", s.get(*task.ParentID).ID, parent)
			s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true), ParentID: taskapi.Null[string]()})
		}
	}},
	{"a sub-task and its copy with the same position may be siblings", func(s *subject) {
		task := s.create(recurring("FREQ=DAILY", "2091-01-01"))
		sub := s.createUnder("sub", task.ID)
		_, next := s.finish(task.ID)
		s.createUnder("last", next.ID)
		s.update(sub.ID, taskapi.UpdateTaskRequest{
			ParentID: taskapi.Some(&next.ID), Completed: taskapi.Some(false), Title: taskapi.Some("old"),
			DueOn: taskapi.Some(new("2091-01-01")), Recurrence: taskapi.Some(new("FREQ=DAILY")),
		})
		done, _ := s.finish(sub.ID)
		s.same("the task that is read", s.get(sub.ID), done)
		s.same("the order", s.outlineOf(next.ID), "oldx 2091-01-01, old 2091-01-02, sub, last")
	}},
	{"reopening a task by its sub-task, or deleting it, keeps its next task", func(s *subject) {
		task := s.create(recurring("FREQ=DAILY", "2091-01-01"))
		sub := s.createUnder("sub", task.ID)
		_, next := s.finish(task.ID)
		s.complete(sub.ID, false)
		s.same("the states", s.states(task, sub), "rent sub")
		s.same("nextId", s.get(task.ID).NextID, &next.ID)
		s.complete(task.ID, true)
		s.must(s.client.DeleteTask(s.Context(), task.ID))
		s.must(s.client.RestoreTask(s.Context(), task.ID))
		s.must(s.client.EraseTask(s.Context(), task.ID))
		s.same("the next task", s.get(next.ID), next)
		s.wantTitles(taskapi.ListTasksOptions{}, "sub", "rent")
	}},
}
