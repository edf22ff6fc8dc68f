package sdktest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func (s *Server) createTask(c *call) (*reply, *problem) {
	object, p := parseObject(c.body)
	if p != nil {
		return nil, p
	}
	var faults faults
	request := faults.task(object, "")
	if p := faults.problem(); p != nil {
		return nil, p
	}
	task := c.tx.create(request)
	answer := replyTask(http.StatusCreated, task)
	answer.header.Set("Location", "/api/tasks/"+task.ID)
	return answer, nil
}

func (s *Server) getTask(c *call) (*reply, *problem) {
	task, ok := c.tx.get(c.taskID)
	if !ok {
		return nil, notFound()
	}
	answer := replyTask(http.StatusOK, task)
	known, p := entityTags(c.request.Header, "If-None-Match")
	if p != nil {
		return nil, p
	}
	// Here, other than with If-Match, a weak tag is as good as a strong one.
	if known.any || slices.Contains(known.strong, entityTag(task.Version)) || slices.Contains(known.weak, entityTag(task.Version)) {
		answer.status, answer.body = http.StatusNotModified, nil
		answer.header.Del("Content-Type")
	}
	return answer, nil
}

func (s *Server) replaceTask(c *call) (*reply, *problem) {
	object, p := parseObject(c.body)
	if p != nil {
		return nil, p
	}
	var faults faults
	request := taskapi.ReplaceTaskRequest(faults.task(object, ""))
	if p := faults.problem(); p != nil {
		return nil, p
	}
	return c.writeTask(outsideTrash, func(task taskapi.Task) taskapi.Task {
		return c.tx.edit(task, request)
	})
}

func (s *Server) updateTask(c *call) (*reply, *problem) {
	object, p := parseObject(c.body)
	if p != nil {
		return nil, p
	}
	var faults faults
	patch := faults.patch(object, "")
	if p := faults.problem(); p != nil {
		return nil, p
	}
	return c.writeTask(outsideTrash, func(task taskapi.Task) taskapi.Task {
		return c.tx.edit(task, merge(task, patch))
	})
}

func (s *Server) deleteTask(c *call) (*reply, *problem) {
	var permanent bool
	var faults faults
	faults.parameter(c.request.URL.Query(), "permanent", boolean(&permanent))
	if p := faults.problem(); p != nil {
		return nil, p
	}
	if permanent {
		return c.writeTask(anywhere, func(task taskapi.Task) taskapi.Task {
			c.tx.erase(task.ID)
			return task
		})
	}
	return c.writeTask(outsideTrash, func(task taskapi.Task) taskapi.Task {
		return c.tx.trash(task)
	})
}

func (s *Server) restoreTask(c *call) (*reply, *problem) {
	return c.writeTask(inTrash, func(task taskapi.Task) taskapi.Task {
		task.DeletedAt = nil
		return c.tx.changed(task)
	})
}

// place is where a write looks for its task.
type place int

const (
	anywhere place = iota
	outsideTrash
	inTrash
)

// find returns a task that is at the place.
func (tx *transaction) find(id string, where place) (taskapi.Task, bool) {
	task, ok := tx.get(id)
	switch {
	case !ok, where == outsideTrash && task.DeletedAt != nil, where == inTrash && task.DeletedAt == nil:
		return taskapi.Task{}, false
	}
	return task, true
}

// writeTask carries out a write of the path's task, if the task is at the place
// and the request's If-Match lets it.
func (c *call) writeTask(where place, write func(taskapi.Task) taskapi.Task) (*reply, *problem) {
	match, p := entityTags(c.request.Header, "If-Match")
	if p != nil {
		return nil, p
	}
	task, ok := c.tx.find(c.taskID, where)
	if !ok {
		return nil, notFound()
	}
	if match.present && !match.any && !slices.Contains(match.strong, entityTag(task.Version)) {
		return nil, conflict(task)
	}
	return replyTask(http.StatusOK, write(task)), nil
}

func conflict(current taskapi.Task) *problem {
	p := newProblem(taskapi.CodeVersionConflict, "The task has changed.")
	p.Current = &current
	return p
}

// create adds a task.
func (tx *transaction) create(request taskapi.CreateTaskRequest) taskapi.Task {
	task := taskapi.Task{ID: tx.ids.next(tx.now), CreatedAt: tx.now}
	return tx.changed(withContent(task, taskapi.ReplaceTaskRequest(request), tx.now))
}

// edit gives a task its new content, unless that changes nothing.
func (tx *transaction) edit(task taskapi.Task, content taskapi.ReplaceTaskRequest) taskapi.Task {
	after := withContent(task, content, tx.now)
	if sameContent(task, after) {
		return task
	}
	return tx.changed(after)
}

func (tx *transaction) trash(task taskapi.Task) taskapi.Task {
	task.DeletedAt = &tx.now
	return tx.changed(task)
}

// changed stores a task in its next version.
func (tx *transaction) changed(task taskapi.Task) taskapi.Task {
	task.Version++
	task.UpdatedAt = tx.now
	tx.put(task)
	return task
}

// withContent returns the task with the content that a client sets.
func withContent(task taskapi.Task, content taskapi.ReplaceTaskRequest, now time.Time) taskapi.Task {
	task.Title, task.Description, task.DueAt = content.Title, content.Description, content.DueAt
	task.Completed = content.Completed
	switch {
	case !content.Completed:
		task.CompletedAt = nil
	case task.CompletedAt == nil:
		task.CompletedAt = &now
	}
	task.Priority = content.Priority
	if task.Priority == "" {
		task.Priority = taskapi.None
	}
	task.Tags = append([]string{}, content.Tags...)
	return task
}

func sameContent(a, b taskapi.Task) bool {
	return a.Title == b.Title && a.Description == b.Description && a.Completed == b.Completed &&
		a.Priority == b.Priority && sameTime(a.DueAt, b.DueAt) && slices.Equal(a.Tags, b.Tags)
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// merge returns the content of a task with the fields that are present in a
// patch.
func merge(task taskapi.Task, patch taskapi.UpdateTaskRequest) taskapi.ReplaceTaskRequest {
	return taskapi.ReplaceTaskRequest{
		Title:       patch.Title.Or(task.Title),
		Description: patch.Description.Or(task.Description),
		Completed:   patch.Completed.Or(task.Completed),
		Priority:    patch.Priority.Or(task.Priority),
		DueAt:       patch.DueAt.Or(task.DueAt),
		Tags:        patch.Tags.Or(task.Tags),
	}
}

// tagList is the value of If-Match or If-None-Match.
type tagList struct {
	present, any bool
	strong, weak []string // with their quotes
}

// entityTags reads a header that is a list of entity tags, or a star.
func entityTags(header http.Header, name string) (tagList, *problem) {
	values := header.Values(name)
	list := tagList{present: len(values) > 0}
	for _, tag := range strings.Split(strings.Join(values, ","), ",") {
		tag = strings.TrimSpace(tag)
		opaque, weak := strings.CutPrefix(tag, "W/")
		quoted := len(opaque) >= 2 && opaque[0] == '"' && strings.IndexByte(opaque[1:], '"') == len(opaque)-2
		switch {
		case tag == "":
		case tag == "*":
			list.any = true
		case !quoted:
			return list, invalid(fieldError(name, taskapi.FieldFormat, `must be * or a list of ETags such as "3"`))
		case weak:
			list.weak = append(list.weak, opaque)
		default:
			list.strong = append(list.strong, opaque)
		}
	}
	return list, nil
}
