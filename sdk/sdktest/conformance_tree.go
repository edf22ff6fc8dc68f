package sdktest

import (
	"net/http"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// createIn adds a task to a list, or to the Inbox.
func (s *subject) createIn(title string, list *string) taskapi.Task {
	s.Helper()
	return s.create(taskapi.CreateTaskRequest{Title: title, ListID: list})
}

var inListCases = []contractCase{
	{"a task is in a list or in the Inbox", func(s *subject) {
		lists := s.createLists("garden", "kitchen")
		garden, kitchen := lists[0].ID, lists[1].ID
		a := s.createIn("a", &garden)
		if a.ListID == nil || *a.ListID != garden {
			s.Errorf("the task is %s, want the listId %s", inJSON(a), garden)
		}
		s.createIn("b", new(strings.ToUpper(kitchen)))
		c := s.createIn("c", nil)
		s.wantTitles(taskapi.ListTasksOptions{}, "c", "b", "a")
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden}, "a")
		s.wantTitles(taskapi.ListTasksOptions{ListID: strings.ToUpper(kitchen)}, "b")
		s.wantTitles(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "c")
		s.wantTitles(taskapi.ListTasksOptions{ListID: missing})

		moved := s.update(c.ID, taskapi.UpdateTaskRequest{ListID: taskapi.Some(&garden)})
		s.same("position", moved.Position, c.Position)
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden}, "c", "a")
		s.update(a.ID, taskapi.UpdateTaskRequest{ListID: taskapi.Null[string]()})
		s.must(s.client.ReplaceTask(s.Context(), c.ID, taskapi.ReplaceTaskRequest{Title: "d"}))
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden})
		s.wantTitles(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "d", "a")
	}},
	{"listId works with every other filter and order", func(s *subject) {
		garden := s.createLists("garden")[0].ID
		for i, title := range []string{"b", "a", "d", "c"} {
			s.create(taskapi.CreateTaskRequest{Title: title, ListID: &garden, Completed: title == "d", DueAt: onDay(9 - i), Priority: taskapi.Priorities()[i]})
			s.createIn("x", nil)
		}
		for sort, want := range map[taskapi.Sort]string{
			taskapi.OldestFirst: "bac", taskapi.NewestFirst: "cab", taskapi.DueSoonest: "cab", taskapi.MostUrgent: "cab",
			taskapi.TitleAscending: "abc", taskapi.ManualOrder: "bac", taskapi.ManualOrderReversed: "cab", taskapi.LongestUntouched: "bac",
		} {
			options := taskapi.ListTasksOptions{ListID: garden, Completed: new(false), Sort: sort, Limit: 1}
			if got := strings.Join(s.titles(options), ""); got != want {
				s.Errorf("%s: got %s, want %s", sort, got, want)
			}
		}
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden, Query: "d"}, "d")
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden, Query: "x"})
	}},
	{"422: the list does not exist, or is another user's", func(s *subject) {
		lists := s.createLists("garden", "gone", "erased")
		task := s.createIn("a", &lists[0].ID)
		s.must(s.client.DeleteList(s.Context(), lists[1].ID))
		s.must(s.client.EraseList(s.Context(), lists[2].ID))
		seq := s.seq()
		for _, id := range []string{missing, task.ID, lists[1].ID, lists[2].ID, s.another().createLists("theirs")[0].ID} {
			body, path := `{"title":"b","listId":"`+id+`"}`, "/api/tasks/"+task.ID
			for _, resp := range []response{
				s.raw(http.MethodPost, "/api/tasks", body),
				s.raw(http.MethodPost, "/api/tasks", body, "Idempotency-Key", "k"),
				s.raw(http.MethodPut, path, body),
				s.raw(http.MethodPatch, path, body),
			} {
				s.problem(resp, taskapi.CodeInvalid, field422("listId", taskapi.FieldNotFound))
			}
			for place, operation := range map[string]taskapi.BatchOperation{
				"data.listId":    taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "b", ListID: &id}),
				"changes.listId": taskapi.TaskOperations.Update(task.ID, 0, taskapi.UpdateTaskRequest{ListID: taskapi.Some(&id)}),
			} {
				_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "c"}), operation})
				s.failsAt(err, sdk.ErrInvalid, field422("operations[1]."+place, taskapi.FieldNotFound))
			}
		}
		s.same("the change number", s.seq(), seq)
		s.same("the task that is read", s.get(task.ID), task)
	}},
	{"422: listId is neither inbox nor a UUID", func(s *subject) {
		for _, text := range []string{"garden", "INBOX", "null", missing + "x"} {
			s.problem(s.raw(http.MethodGet, "/api/tasks?listId="+text, ""), taskapi.CodeInvalid, field422("listId", taskapi.FieldFormat))
		}
	}},
	{"a batch sees the list that it has changed", func(s *subject) {
		lists := s.createLists("a", "b")
		create := taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "c", ListID: &lists[0].ID})
		s.must(s.client.Batch(s.Context(), []taskapi.BatchOperation{create, taskapi.ListOperations.Update(lists[0].ID, 0, taskapi.UpdateListRequest{Name: taskapi.Some("new")})}))
		for _, first := range []taskapi.BatchOperation{taskapi.ListOperations.Delete(lists[0].ID, 0), taskapi.ListOperations.Erase(lists[0].ID, 0)} {
			s.fails(errorOf(s.client.Batch(s.Context(), []taskapi.BatchOperation{first, create})), sdk.ErrInvalid)
		}
		s.must(s.client.DeleteList(s.Context(), lists[1].ID))
		create = taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "d", ListID: &lists[1].ID})
		s.must(s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.ListOperations.Restore(lists[1].ID, 0), create}))
		s.wantTitles(taskapi.ListTasksOptions{}, "d", "c")
	}},
	{"tasks are deleted with their list, and restored with it", func(s *subject) {
		lists := s.createLists("garden", "kitchen")
		garden := lists[0].ID
		a, b, c := s.createIn("a", &garden), s.createIn("b", &garden), s.createIn("c", &garden)
		s.createIn("other", &lists[1].ID)
		s.createIn("loose", nil)
		s.must(s.client.DeleteTask(s.Context(), b.ID))
		seq := s.seq()
		deleted, err := s.client.DeleteList(s.Context(), garden)
		s.ok(err)
		s.wantTitles(taskapi.ListTasksOptions{}, "loose", "other")
		s.wantTitles(taskapi.ListTasksOptions{Deleted: true}, "c", "b", "a")
		s.wantTitles(taskapi.ListTasksOptions{Deleted: true, ListID: garden}, "c", "b", "a")
		gone := []taskapi.Task{s.get(a.ID), s.get(c.ID)}
		for i, before := range []taskapi.Task{a, c} {
			before.Version, before.DeletedAt, before.UpdatedAt = 2, deleted.DeletedAt, deleted.UpdatedAt
			s.same("a task in the trash", gone[i], before)
		}
		s.sameChanges(s.feed(seq, 0), []taskapi.Change{
			{Seq: seq + 1, Kind: taskapi.KindList, ID: garden, Data: encode(deleted)}, changedTo(seq+2, gone[0]), changedTo(seq+3, gone[1]),
		})
		s.fails(errorOf(s.client.UpdateTask(s.Context(), a.ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("new")})), sdk.ErrTaskNotFound)

		seq = s.seq()
		s.must(s.client.RestoreList(s.Context(), garden))
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden}, "c", "a")
		s.wantTitles(taskapi.ListTasksOptions{Deleted: true}, "b")
		s.same("the change number", s.seq(), seq+3)
		s.must(s.client.RestoreTask(s.Context(), b.ID))
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden}, "c", "b", "a")
	}},
	{"a task that is restored without its list moves to the Inbox and stays there", func(s *subject) {
		garden := s.createLists("garden")[0].ID
		a, b := s.createIn("a", &garden), s.createIn("b", &garden)
		s.must(s.client.DeleteTask(s.Context(), b.ID))
		s.must(s.client.DeleteList(s.Context(), garden))
		for _, task := range []taskapi.Task{a, b} {
			restored, err := s.client.RestoreTask(s.Context(), task.ID)
			s.ok(err)
			if restored.ListID != nil || restored.Version != task.Version+2 && task.ID == a.ID {
				s.Errorf("the restored task is %s, want it in the Inbox", inJSON(restored))
			}
		}
		s.must(s.client.RestoreList(s.Context(), garden))
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden})
		s.wantTitles(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "b", "a")
	}},
	{"erasing a list erases all its tasks, also those in the trash", func(s *subject) {
		lists := s.createLists("garden", "kitchen")
		for i, list := range lists {
			a, err := s.client.CreateTask(s.Context(), taskapi.CreateTaskRequest{Title: "a", ListID: &list.ID}, sdk.WithIdempotencyKey(list.ID))
			s.ok(err)
			b := s.createIn("b", &list.ID)
			s.must(s.client.DeleteTask(s.Context(), b.ID))
			if i == 1 {
				s.must(s.client.DeleteList(s.Context(), list.ID))
			}
			seq := s.seq()
			s.must(s.client.EraseList(s.Context(), list.ID))
			s.sameChanges(s.feed(seq, 0), []taskapi.Change{
				{Seq: seq + 1, Kind: taskapi.KindList, ID: list.ID}, {Seq: seq + 2, Kind: taskapi.KindTask, ID: a.ID}, {Seq: seq + 3, Kind: taskapi.KindTask, ID: b.ID},
			})
			s.fails(errorOf(s.client.GetTask(s.Context(), b.ID)), sdk.ErrTaskNotFound)
			again := s.raw(http.MethodPost, "/api/tasks", `{"title":"a","listId":"`+list.ID+`"}`, "Idempotency-Key", list.ID)
			if again.header.Get("Idempotency-Replayed") != "erased" {
				s.Errorf("the creation again: %d %s", again.status, again.body)
			}
		}
	}},
	{"tasks of an archived list are left out of other lists, the agenda and the counts", func(s *subject) {
		garden := s.createLists("garden")[0].ID
		due := time.Now().Add(time.Hour)
		s.create(taskapi.CreateTaskRequest{Title: "a", ListID: &garden, DueAt: &due, Priority: taskapi.High, Tags: []string{"home"}})
		s.create(taskapi.CreateTaskRequest{Title: "b", ListID: &garden, Completed: true})
		c := s.createIn("c", &garden)
		s.must(s.client.DeleteTask(s.Context(), c.ID))
		s.createIn("d", nil)
		archive := func(archived bool) {
			s.must(s.client.UpdateList(s.Context(), garden, taskapi.UpdateListRequest{Archived: taskapi.Some(archived)}))
		}
		archive(true)
		s.wantTitles(taskapi.ListTasksOptions{}, "d")
		s.wantTitles(taskapi.ListTasksOptions{Sort: taskapi.ManualOrder}, "d")
		s.wantTitles(taskapi.ListTasksOptions{Priorities: []taskapi.Priority{taskapi.High}})
		s.wantTitles(taskapi.ListTasksOptions{Query: "a"})
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden}, "b", "a")
		s.wantTitles(taskapi.ListTasksOptions{Deleted: true}, "c")
		agenda, err := s.client.Agenda(s.Context(), taskapi.AgendaOptions{})
		s.ok(err)
		if len(agenda.Overdue)+len(agenda.Days[0].Tasks)+len(agenda.Days[1].Tasks) > 0 || agenda.Undated != 1 {
			s.Errorf("the agenda is %s", inJSON(agenda))
		}
		stats, err := s.client.TaskStats(s.Context(), "")
		s.ok(err)
		want := taskapi.Stats{
			Open: 1, Undated: 1, Deleted: 1, ByPriority: stats.ByPriority, ByTag: []taskapi.TagCount{},
			ByList: []taskapi.ListCount{{Count: 1}, {ListID: &garden, Count: 1}},
		}
		s.same("stats", stats, want)
		if stats.ByPriority[taskapi.High] != 0 || stats.ByPriority[taskapi.None] != 1 {
			s.Errorf("by priority: %v", stats.ByPriority)
		}
		archive(false)
		s.wantTitles(taskapi.ListTasksOptions{}, "d", "b", "a")
	}},
	{"a batch sees the tasks of a list that it has changed", func(s *subject) {
		garden := s.createLists("garden")[0].ID
		a, b := s.createIn("a", &garden), s.createIn("b", &garden)
		update := func(id string, version int64) taskapi.BatchOperation {
			return taskapi.TaskOperations.Update(id, version, taskapi.UpdateTaskRequest{Description: taskapi.Some(inJSON(version))})
		}
		resources, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
			update(a.ID, 1),
			taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "c", ListID: &garden}),
			taskapi.ListOperations.Delete(garden, 0),
			taskapi.TaskOperations.Restore(b.ID, 2),
			taskapi.ListOperations.Restore(garden, 0),
			update(a.ID, 4),
			taskapi.TaskOperations.Update(b.ID, 3, taskapi.UpdateTaskRequest{ListID: taskapi.Some(&garden)}),
		}, sdk.WithIdempotencyKey("k"))
		s.ok(err)
		s.wantTitles(taskapi.ListTasksOptions{ListID: garden}, "c", "b", "a")
		for _, r := range resources {
			if task, err := r.Task(); err == nil {
				s.same("response", task, s.get(task.ID))
			}
		}
		s.fails(errorOf(s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.ListOperations.Delete(garden, 0), update(a.ID, 0)})), sdk.ErrTaskNotFound)
		resources, err = s.client.Batch(s.Context(), []taskapi.BatchOperation{update(a.ID, 0), taskapi.ListOperations.Erase(garden, 0)}, sdk.WithIdempotencyKey("e"))
		s.ok(err)
		if task, err := resources[0].Task(); err != nil || task.Version != 6 {
			s.Errorf("the batch returned %s, %v, want version 6 of the task", inJSON(resources), err)
		}
		s.wantTitles(taskapi.ListTasksOptions{})
		s.wantTitles(taskapi.ListTasksOptions{Deleted: true})
	}},
}
