package sdktest

import (
	"net/http"

	"github.com/tasklane/tasklane/sdk/recurrence"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// checkRule checks the text of a recurrence.
func checkRule(text string) (string, taskapi.FieldErrorCode) {
	if _, err := recurrence.Parse(text); err != nil {
		return text, taskapi.FieldFormat
	}
	return text, ""
}

// checkRecurrence returns a problem where a task cannot recur with its due date.
func checkRecurrence(r resource) *problem {
	task, ok := r.wire().(taskapi.Task)
	if !ok || task.Recurrence == nil {
		return nil
	}
	if err := taskapi.CheckRecurrence(*task.Recurrence, task.DueAt, task.DueOn); err != nil {
		return invalid(fieldError("recurrence", taskapi.FieldNotAllowed, err.Error()))
	}
	return nil
}

func (s *Server) listTaskOccurrences(c *call) (*reply, *problem) {
	limit := int64(taskapi.DefaultOccurrences)
	var f faults
	f.parameter(c.request.URL.Query(), "limit", number(&limit, 1, taskapi.MaxOccurrences))
	if p := f.problem(); p != nil {
		return nil, p
	}
	e, ok := c.tx.user.resources[c.id]
	if !ok || e.kind.name != taskapi.KindTask {
		return nil, newProblem(taskapi.CodeTaskNotFound, "Task not found.")
	}
	occurrences := e.wire().(taskapi.Task).Occurrences(c.tx.user.zone(), int(limit))
	return newReply(http.StatusOK, taskapi.OccurrenceListResponse{Success: true, Data: occurrences}), nil
}
