package sdktest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// named adds lists with these names.
func (s *subject) named(names ...string) []taskapi.List {
	s.Helper()
	var lists []taskapi.List
	for _, name := range names {
		list, err := s.client.CreateList(s.Context(), taskapi.CreateListRequest{Name: name})
		s.ok(err)
		lists = append(lists, list)
	}
	return lists
}

// names returns the names of the lists that pass some filters, in order.
func (s *subject) names(options taskapi.ListListsOptions) []string {
	s.Helper()
	names := []string{}
	for list, err := range s.client.Lists(s.Context(), options) {
		s.ok(err)
		names = append(names, list.Name)
	}
	return names
}

var listsCases = []contractCase{
	{"they come in the manual order, new ones last", func(s *subject) {
		lists := s.named("a", "b", "c")
		_, err := s.client.MoveList(s.Context(), lists[2].ID, taskapi.MoveListRequest{After: taskapi.Null[string]()})
		s.ok(err)
		s.named("d")
		if got := s.names(taskapi.ListListsOptions{Limit: 3}); !slices.Equal(got, []string{"c", "a", "b", "d"}) {
			s.Errorf("got %q", got)
		}
	}},
	{"they have filters", func(s *subject) {
		lists := s.named("a", "b", "c", "d")
		_, err := s.client.UpdateList(s.Context(), lists[1].ID, taskapi.UpdateListRequest{Archived: taskapi.Some(true)})
		s.ok(err)
		_, err = s.client.DeleteList(s.Context(), lists[2].ID)
		s.ok(err)
		for _, tt := range []struct {
			options taskapi.ListListsOptions
			want    []string
		}{
			{taskapi.ListListsOptions{Limit: 2}, []string{"a", "b", "d"}},
			{taskapi.ListListsOptions{Archived: new(true)}, []string{"b"}},
			{taskapi.ListListsOptions{Archived: new(false)}, []string{"a", "d"}},
			{taskapi.ListListsOptions{Deleted: true}, []string{"c"}},
			{taskapi.ListListsOptions{Deleted: true, Archived: new(true)}, []string{}},
		} {
			if got := s.names(tt.options); !slices.Equal(got, tt.want) {
				s.Errorf("%s: got %q, want %q", inJSON(tt.options), got, tt.want)
			}
		}
	}},
	{"a colour is set and removed", func(s *subject) {
		list, err := s.client.CreateList(s.Context(), taskapi.CreateListRequest{Name: " Garden\n", Color: new(taskapi.Green)})
		s.ok(err)
		if list.Name != "Garden" || list.Color == nil || *list.Color != taskapi.Green {
			s.Errorf("got %s", inJSON(list))
		}
		list, err = s.client.UpdateList(s.Context(), list.ID, taskapi.UpdateListRequest{Color: taskapi.Null[taskapi.Color]()})
		s.ok(err)
		if list.Color != nil {
			s.Errorf("got %s", inJSON(list))
		}
	}},
	{"there are 500 at most outside the trash", func(s *subject) {
		var operations []taskapi.BatchOperation
		for range taskapi.MaxBatchOperations {
			operations = append(operations, taskapi.ListOperations.Create(taskapi.CreateListRequest{Name: "one of many"}))
		}
		for range taskapi.MaxLists / taskapi.MaxBatchOperations {
			_, err := s.client.Batch(s.Context(), operations)
			s.ok(err)
		}
		_, err := s.client.CreateList(s.Context(), taskapi.CreateListRequest{Name: "one more"})
		s.fails(err, sdk.ErrTooManyLists)
		_, err = s.client.CreateList(s.Context(), taskapi.CreateListRequest{Name: "one more"}, sdk.WithIdempotencyKey("key"))
		s.fails(err, sdk.ErrTooManyLists)
		page, err := s.client.ListLists(s.Context(), taskapi.ListListsOptions{Limit: 1})
		s.ok(err)
		id := page.Lists[0].ID
		swap := []taskapi.BatchOperation{taskapi.ListOperations.Delete(id, 0), operations[0]}
		_, err = s.client.Batch(s.Context(), swap)
		s.ok(err)
		_, err = s.client.RestoreList(s.Context(), id)
		s.fails(err, sdk.ErrTooManyLists)
		failure := s.failure(second(s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.ListOperations.Erase(id, 0), operations[0]})), sdk.ErrTooManyLists)
		if len(failure.Fields) != 1 || failure.Fields[0].Field != "operations[1]" {
			s.Errorf("the failure names %s", inJSON(failure.Fields))
		}
		if n := len(s.names(taskapi.ListListsOptions{Limit: taskapi.MaxListLimit})); n != taskapi.MaxLists {
			s.Errorf("there are %d lists", n)
		}
	}},
}

// listed adds a task to a list, or to the Inbox.
func (s *subject) listed(title string, list *string) taskapi.Task {
	s.Helper()
	return s.create(taskapi.CreateTaskRequest{Title: title, ListID: list})
}

var inListCases = []contractCase{
	{"a task is in a list or in the Inbox", func(s *subject) {
		lists := s.named("garden", "kitchen")
		garden, kitchen := lists[0].ID, lists[1].ID
		a := s.listed("a", &garden)
		if a.ListID == nil || *a.ListID != garden {
			s.Errorf("got %s", inJSON(a))
		}
		s.listed("b", new(strings.ToUpper(kitchen)))
		c := s.listed("c", nil)
		s.lists(taskapi.ListTasksOptions{}, "c", "b", "a")
		s.lists(taskapi.ListTasksOptions{ListID: garden}, "a")
		s.lists(taskapi.ListTasksOptions{ListID: strings.ToUpper(kitchen)}, "b")
		s.lists(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "c")
		s.lists(taskapi.ListTasksOptions{ListID: missing})

		moved, err := s.client.UpdateTask(s.Context(), c.ID, taskapi.UpdateTaskRequest{ListID: taskapi.Some(&garden)})
		s.ok(err)
		s.same("position", moved.Position, c.Position)
		s.lists(taskapi.ListTasksOptions{ListID: garden}, "c", "a")
		_, err = s.client.UpdateTask(s.Context(), a.ID, taskapi.UpdateTaskRequest{ListID: taskapi.Null[string]()})
		s.ok(err)
		_, err = s.client.ReplaceTask(s.Context(), c.ID, taskapi.ReplaceTaskRequest{Title: "d"})
		s.ok(err)
		s.lists(taskapi.ListTasksOptions{ListID: garden})
		s.lists(taskapi.ListTasksOptions{ListID: taskapi.Inbox}, "d", "a")
	}},
	{"listId goes with every other filter and order", func(s *subject) {
		garden := s.named("garden")[0].ID
		for i, title := range []string{"b", "a", "d", "c"} {
			s.create(taskapi.CreateTaskRequest{Title: title, ListID: &garden, Completed: title == "d", DueAt: onDay(9 - i), Priority: taskapi.Priorities()[i]})
			s.listed("x", nil)
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
		s.lists(taskapi.ListTasksOptions{ListID: garden, Query: "d"}, "d")
		s.lists(taskapi.ListTasksOptions{ListID: garden, Query: "x"})
	}},
	{"422: the list is not there, or not the user's", func(s *subject) {
		lists := s.named("garden", "gone", "erased")
		task := s.listed("a", &lists[0].ID)
		_, err := s.client.DeleteList(s.Context(), lists[1].ID)
		s.ok(err)
		_, err = s.client.EraseList(s.Context(), lists[2].ID)
		s.ok(err)
		seq := s.seq()
		for _, id := range []string{missing, task.ID, lists[1].ID, lists[2].ID, s.another().named("theirs")[0].ID} {
			body, path := `{"title":"b","listId":"`+id+`"}`, "/api/tasks/"+task.ID
			for _, a := range []answer{
				s.raw(http.MethodPost, "/api/tasks", body),
				s.raw(http.MethodPost, "/api/tasks", body, "Idempotency-Key", "k"),
				s.raw(http.MethodPut, path, body),
				s.raw(http.MethodPatch, path, body),
			} {
				s.problem(a, taskapi.CodeInvalid, field422("listId", taskapi.FieldNotFound))
			}
			for place, operation := range map[string]taskapi.BatchOperation{
				"data.listId":    taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "b", ListID: &id}),
				"changes.listId": taskapi.TaskOperations.Update(task.ID, 0, taskapi.UpdateTaskRequest{ListID: taskapi.Some(&id)}),
			} {
				_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "c"}), operation})
				if failure := s.failure(err, sdk.ErrInvalid); len(failure.Fields) != 1 || failure.Fields[0].Field != "operations[1]."+place {
					s.Errorf("the failure names %+v", failure.Fields)
				}
			}
		}
		s.same("change number", s.seq(), seq)
		s.same("what is read", s.get(task.ID), task)
	}},
	{"422: listId is neither inbox nor a UUID", func(s *subject) {
		for _, text := range []string{"garden", "INBOX", "null", missing + "x"} {
			s.problem(s.raw(http.MethodGet, "/api/tasks?listId="+text, ""), taskapi.CodeInvalid, field422("listId", taskapi.FieldFormat))
		}
	}},
	{"a batch sees what it did to a list", func(s *subject) {
		lists := s.named("a", "b")
		create := taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "c", ListID: &lists[0].ID})
		_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{create, taskapi.ListOperations.Update(lists[0].ID, 0, taskapi.UpdateListRequest{Name: taskapi.Some("new")})})
		s.ok(err)
		for _, first := range []taskapi.BatchOperation{taskapi.ListOperations.Delete(lists[0].ID, 0), taskapi.ListOperations.Erase(lists[0].ID, 0)} {
			_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{first, create})
			s.fails(err, sdk.ErrInvalid)
		}
		_, err = s.client.DeleteList(s.Context(), lists[1].ID)
		s.ok(err)
		create = taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "d", ListID: &lists[1].ID})
		_, err = s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.ListOperations.Restore(lists[1].ID, 0), create})
		s.ok(err)
		s.lists(taskapi.ListTasksOptions{}, "d", "c")
	}},
}

// second returns the error of a call.
func second[T any](_ T, err error) error { return err }
