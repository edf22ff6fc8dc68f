package sdktest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

var batchCases = []contractCase{
	{"the six operations run in order, one change each", func(s *subject) {
		replaced, updated, deleted, restored, erasedOne := s.create(full()), s.create(full()), s.create(full()), s.create(full()), s.create(full())
		restored, err := s.client.DeleteTask(s.Context(), restored.ID)
		s.ok(err)
		before := s.seq()
		operations := taskapi.TaskOperations
		resources, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
			operations.Create(full()),
			operations.Replace(replaced.ID, 1, taskapi.ReplaceTaskRequest{Title: "Only this"}),
			operations.Update(updated.ID, 1, taskapi.UpdateTaskRequest{Title: taskapi.Some("New"), DueAt: taskapi.Null[time.Time]()}),
			operations.Delete(deleted.ID, 0),
			operations.Restore(restored.ID, 2),
			operations.Erase(erasedOne.ID, 0),
		})
		s.ok(err)
		tasks := s.tasks(resources)
		s.same("created", contentOf(tasks[0]), full())
		s.same("replaced", contentOf(tasks[1]), taskapi.CreateTaskRequest{Title: "Only this", Priority: taskapi.None, Tags: []string{}})
		want := full()
		want.Title, want.DueAt = "New", nil
		s.same("updated", contentOf(tasks[2]), want)
		if tasks[1].Version != 2 || tasks[2].Version != 2 || tasks[3].DeletedAt == nil || tasks[4].DeletedAt != nil || tasks[4].Version != 3 {
			s.Errorf("the tasks are %s, want version 2 of the second and third, the fourth in the trash, and version 3 of the fifth outside it", inJSON(tasks))
		}
		s.same("the erased task", tasks[5], erasedOne)
		var wantChanges []taskapi.Change
		changes := s.feed(before, 0)
		for i, task := range tasks[:5] {
			s.same("the task that is read", s.get(task.ID), task)
			wantChanges = append(wantChanges, changedTo(changes[i].Seq, task))
		}
		s.sameChanges(changes, append(wantChanges, erased(s.seq(), erasedOne.ID)))
	}},
	{"a batch whose response would be too large changes nothing", func(s *subject) {
		a := s.create(full())
		operations := []taskapi.BatchOperation{
			taskapi.TaskOperations.Update(a.ID, 0, taskapi.UpdateTaskRequest{Description: taskapi.Some(strings.Repeat("\x01", taskapi.MaxDescriptionLength))}),
		}
		for range 40 {
			operations = append(operations, taskapi.TaskOperations.Move(a.ID, 0, taskapi.MoveTaskRequest{After: taskapi.Null[string]()}))
		}
		if _, err := s.client.Batch(s.Context(), operations); !errors.Is(err, sdk.ErrBodyTooLarge) {
			s.Errorf("41 operations on a task that becomes large: %v, want ErrBodyTooLarge", err)
		}
		s.same("the task", s.get(a.ID), a)
		_, err := s.client.Batch(s.Context(), operations[:30])
		s.ok(err)
	}},
	{"each operation sees the results of those before it, and the response has the final state", func(s *subject) {
		a := s.create(full())
		resources, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
			taskapi.TaskOperations.Update(a.ID, 1, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}),
			taskapi.TaskOperations.Update(a.ID, 2, taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string{"x"})}),
		})
		s.ok(err)
		got := s.get(a.ID)
		if got.Title != "New" || !slices.Equal(got.Tags, []string{"x"}) || got.Version != 3 {
			s.Errorf("the task is %s, want version 3 with the title and tags of the batch", inJSON(got))
		}
		s.same("response", s.tasks(resources), []taskapi.Task{got, got})
	}},
	{"a task deleted, restored and erased in one batch is returned in its last state", func(s *subject) {
		a := s.create(full())
		resources, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
			taskapi.TaskOperations.Delete(a.ID, 1),
			taskapi.TaskOperations.Restore(a.ID, 2),
			taskapi.TaskOperations.Erase(a.ID, 3),
		})
		s.ok(err)
		tasks := s.tasks(resources)
		if last := tasks[2]; last.Version != 3 || last.DeletedAt != nil {
			s.Errorf("the erased task is %s, want version 3 outside the trash", inJSON(last))
		}
		s.sameChanges(s.feed(a.Version, 0), []taskapi.Change{erased(s.seq(), a.ID)})
		s.fails(errorOf(s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.TaskOperations.Erase(a.ID, 0)})), sdk.ErrTaskNotFound)
	}},
	{"a batch has up to 100 operations", func(s *subject) {
		var operations []taskapi.BatchOperation
		for i := range taskapi.MaxBatchOperations {
			operations = append(operations, taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: strconv.Itoa(i)}))
		}
		resources, err := s.client.Batch(s.Context(), operations)
		s.ok(err)
		for i, task := range s.tasks(resources) {
			if task.Title != strconv.Itoa(i) {
				s.Errorf("operation %d created %s", i, task.Title)
			}
		}
		s.fails(errorOf(s.client.Batch(s.Context(), append(operations, operations[0]))), sdk.ErrInvalid)
	}},
	{"a failed operation rolls back the batch, and the error names its index", func(s *subject) {
		task := s.create(full())
		before := s.seq()
		create := taskapi.TaskOperations.Create(full())
		rename := taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}
		for _, c := range []struct {
			second taskapi.BatchOperation
			want   error
			field  taskapi.FieldError
		}{
			{taskapi.TaskOperations.Delete(missing, 0), sdk.ErrTaskNotFound, field422("operations[1].id", taskapi.FieldNotFound)},
			{taskapi.TaskOperations.Update(missing, 0, rename), sdk.ErrTaskNotFound, field422("operations[1].id", taskapi.FieldNotFound)},
			{taskapi.TaskOperations.Replace(missing, 0, taskapi.ReplaceTaskRequest(full())), sdk.ErrTaskNotFound, field422("operations[1].id", taskapi.FieldNotFound)},
			{taskapi.TaskOperations.Erase(missing, 0), sdk.ErrTaskNotFound, field422("operations[1].id", taskapi.FieldNotFound)},
			{taskapi.TaskOperations.Restore(task.ID, 0), sdk.ErrTaskNotFound, field422("operations[1].id", taskapi.FieldNotFound)},
			{taskapi.TaskOperations.Replace(task.ID, 7, taskapi.ReplaceTaskRequest(full())), sdk.ErrVersionConflict, field422("operations[1].version", taskapi.FieldConflict)},
			{taskapi.TaskOperations.Erase(task.ID, 7), sdk.ErrVersionConflict, field422("operations[1].version", taskapi.FieldConflict)},
			{taskapi.TaskOperations.Delete(task.ID, 7), sdk.ErrVersionConflict, field422("operations[1].version", taskapi.FieldConflict)},
			{taskapi.TaskOperations.Update(task.ID, 7, rename), sdk.ErrVersionConflict, field422("operations[1].version", taskapi.FieldConflict)},
			{taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{}), sdk.ErrInvalid, field422("operations[1].data.title", taskapi.FieldTooShort)},
		} {
			_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{create, c.second, create})
			current := s.failsAt(err, c.want, c.field)
			if errors.Is(c.want, sdk.ErrVersionConflict) {
				s.same("current", s.tasks([]taskapi.Resource{current}), []taskapi.Task{task})
			}
		}
		s.same("task", s.get(task.ID), task)
		s.same("the change number", s.seq(), before)
	}},
	{"errors[].field begins with the index of the operation", func(s *subject) {
		for body, want := range map[string]taskapi.FieldError{
			`{"operations":[]}`: field422("operations", taskapi.FieldTooFew),
			`{}`:                field422("operations", taskapi.FieldRequired),
			`[]`:                field422("body", taskapi.FieldType),
			`{"operations":[{"op":"create","kind":"task","data":{"title":""}}]}`:                         field422("operations[0].data.title", taskapi.FieldTooShort),
			`{"operations":[{"op":"create","kind":"task","data":{}}]}`:                                   field422("operations[0].data.title", taskapi.FieldRequired),
			`{"operations":[{"op":"create","kind":"task","data":{"title":"  "}}]}`:                       field422("operations[0].data.title", taskapi.FieldTooShort),
			`{"operations":[{"op":"create","kind":"task","data":{"title":"a","color":1}}]}`:              field422("operations[0].data.color", taskapi.FieldUnknown),
			`{"operations":[{"op":"create","kind":"task","data":[]}]}`:                                   field422("operations[0].data", taskapi.FieldType),
			`{"operations":[{"op":"create","kind":"task","data":null}]}`:                                 field422("operations[0].data", taskapi.FieldType),
			`{"operations":[{"op":"create","kind":"task"}]}`:                                             field422("operations[0].data", taskapi.FieldRequired),
			`{"operations":[{"op":"create","kind":"task","id":"` + missing + `","data":{"title":"a"}}]}`: field422("operations[0].id", taskapi.FieldUnknown),
			`{"operations":[{"op":"burn","kind":"task"}]}`:                                               field422("operations[0].op", taskapi.FieldNotAllowed),
			`{"operations":[{"op":7,"kind":"task"}]}`:                                                    field422("operations[0].op", taskapi.FieldType),
			`{"operations":[{"op":null,"kind":"task"}]}`:                                                 field422("operations[0].op", taskapi.FieldType),
			`{"operations":[{"kind":"task"}]}`:                                                           field422("operations[0].op", taskapi.FieldRequired),
			`{"operations":[{"op":"delete","kind":"plan","id":"` + missing + `"}]}`:                      field422("operations[0].kind", taskapi.FieldNotAllowed),
			`{"operations":[{"op":"delete","kind":7,"id":"` + missing + `"}]}`:                           field422("operations[0].kind", taskapi.FieldType),
			`{"operations":[{"op":"delete","kind":null,"id":"` + missing + `"}]}`:                        field422("operations[0].kind", taskapi.FieldType),
			`{"operations":[{"op":"delete","id":"` + missing + `"}]}`:                                    field422("operations[0].kind", taskapi.FieldRequired),
			`{"operations":[{"op":"delete","kind":"task"}]}`:                                             field422("operations[0].id", taskapi.FieldRequired),
			`{"operations":[{"op":"delete","kind":"task","id":"7"}]}`:                                    field422("operations[0].id", taskapi.FieldFormat),
			`{"operations":[{"op":"delete","kind":"task","id":"` + missing + `","version":0}]}`:          field422("operations[0].version", taskapi.FieldOutOfRange),
			`{"operations":[{"op":"delete","kind":"task","id":"` + missing + `","version":"3"}]}`:        field422("operations[0].version", taskapi.FieldType),
			`{"operations":[{"op":"delete","kind":"task","id":"` + missing + `","version":null}]}`:       field422("operations[0].version", taskapi.FieldNull),
			`{"operations":[{}]}`: field422("operations[0].kind", taskapi.FieldRequired),
			`{"operations":[7]}`:  field422("operations[0]", taskapi.FieldType),
			`{"operations":[{"op":"delete","kind":"task","id":"` + missing + `","color":1}]}`:                                     field422("operations[0].color", taskapi.FieldUnknown),
			`{"operations":[{"op":"erase","kind":"task","id":"` + missing + `","data":{"title":"a"}}]}`:                           field422("operations[0].data", taskapi.FieldUnknown),
			`{"operations":[{"op":"replace","kind":"task","id":"` + missing + `"}]}`:                                              field422("operations[0].data", taskapi.FieldRequired),
			`{"operations":[{"op":"replace","kind":"task","id":"` + missing + `","data":{"completed":true}}]}`:                    field422("operations[0].data.title", taskapi.FieldRequired),
			`{"operations":[{"op":"replace","kind":"task","id":"` + missing + `","changes":{"title":"a"},"data":{"title":"a"}}]}`: field422("operations[0].changes", taskapi.FieldUnknown),
			`{"operations":[{"op":"update","kind":"task","id":"` + missing + `"}]}`:                                               field422("operations[0].changes", taskapi.FieldRequired),
			`{"operations":[{"op":"update","kind":"task","id":"` + missing + `","changes":{}}]}`:                                  field422("operations[0].changes", taskapi.FieldTooFew),
			`{"operations":[{"op":"update","kind":"task","id":"` + missing + `","changes":{"title":null}}]}`:                      field422("operations[0].changes.title", taskapi.FieldNull),
			`{"operations":[{"op":"update","kind":"task","id":"` + missing + `","changes":{"tags":[" "]}}]}`:                      field422("operations[0].changes.tags[0]", taskapi.FieldTooShort),
			`{"operations":[{"op":"restore","kind":"task","kind":"task","id":"` + missing + `"}]}`:                                field422("operations[0].kind", taskapi.FieldDuplicate),
		} {
			s.part(body, func(s *subject) {
				s.problem(s.raw(http.MethodPost, "/api/batch", body), taskapi.CodeInvalid, want)
			})
		}
	}},
}
