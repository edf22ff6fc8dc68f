package sdktest

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/tasklane/tasklane/sdk/recurrence"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// checkRule checks the text of a recurrence.
func checkRule(text string) (string, taskapi.FieldErrorCode, string) {
	if _, err := recurrence.Parse(text); err != nil {
		return text, taskapi.FieldFormat, "must be a recurrence rule: " + err.Error()
	}
	return text, "", ""
}

// checkRecurrence returns a problem if a task cannot recur with its due date.
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

// setNext sets the id of the next task when a recurring task is completed. When one is
// reopened, it clears that id, unless the next task has been touched.
func (tx *transaction) setNext(before, after resource) *problem {
	task, ok := after.pointer().(*taskapi.Task)
	if !ok {
		return nil
	}
	switch wasDone := isDone(before); {
	case !wasDone && task.Completed && task.NextID == nil:
		if _, ok := task.Successor(tx.now, tx.user.zone()); ok {
			task.NextID = new(tx.ids.next(tx.now).String())
		}
	case wasDone && !task.Completed && task.NextID != nil:
		if p := tx.flush(); p != nil {
			return p
		}
		tx.recordRead(*task.NextID)
		if tx.isUntouched(*task.NextID, parentOf(after)) {
			task.NextID = nil
		}
	}
	return nil
}

// isUntouched reports whether a successor and all tasks below it are unchanged, and none of
// them is the parent of the predecessor. An erased successor counts as untouched.
func (tx *transaction) isUntouched(id, parent string) bool {
	next, ok := tx.find(kindNamed(taskapi.KindTask), id, anywhere)
	createdAt := func(r resource) any { return r.field("createdAt").Interface() }
	return !ok || !slices.ContainsFunc(append(tx.below(id), next), func(r resource) bool {
		return r.version() > 1 || createdAt(r) != createdAt(next) || r.id() == parent
	})
}

// followNext creates the next task of a task that was just completed, or erases the next
// task of one that was reopened. It reports the same as followTask.
func (tx *transaction) followNext(before, after resource) (affected bool, _ *problem) {
	was, now := before.reference("nextId"), after.reference("nextId")
	switch {
	case was == "" && now != "":
		if p := tx.flush(); p != nil {
			return false, p
		}
		return tx.createSuccessor(after), nil
	case was != "" && now == "":
		if next, ok := tx.find(after.kind, was, anywhere); ok {
			affected = tx.followTask(taskapi.BatchErase, next, tx.eraseWith(next))
		}
	}
	return affected, nil
}

// createSuccessor creates the successor of a completed task, after it in the manual order,
// with open copies of its sub-tasks that have no successor. It reports the same as followTask.
func (tx *transaction) createSuccessor(done resource) (affected bool) {
	zone := tx.user.zone()
	task := done.wire().(taskapi.Task)
	content, _ := task.Successor(tx.now, zone)
	r := done.kind.new()
	r.set("id", *task.NextID)
	r.set("createdAt", tx.now)
	for field, value := range reflect.ValueOf(content).Fields() {
		r.set(wireName(field), value.Interface())
	}
	next := r.wire().(taskapi.Task)
	siblings := tx.siblings(r)
	tx.place(r, siblings, 1+slices.IndexFunc(siblings, func(other resource) bool { return other.id() == task.ID }))
	affected = tx.followTask(taskapi.BatchCreate, resource{}, tx.insert(r))

	due := taskapi.Occurrence{DueAt: *task.DueAt, DueOn: task.DueOn}
	days := due.DaysTo(taskapi.Occurrence{DueAt: *next.DueAt, DueOn: next.DueOn}, zone)
	copies := map[string]string{task.ID: next.ID} // by the ids of the originals
	below := slices.DeleteFunc(tx.below(task.ID), func(r resource) bool { return r.deleted() || r.reference("nextId") != "" })
	for _, r := range below {
		copies[r.id()] = tx.ids.next(tx.now).String()
	}
	// Level by level, because parents come first.
	for parents := []string{task.ID}; len(parents) > 0; {
		var children []string
		for _, r := range below {
			if !slices.Contains(parents, parentOf(r)) {
				continue
			}
			children = append(children, r.id())
			sub := r.wire().(taskapi.Task)
			sub.ID, sub.ParentID, sub.ListID, sub.NextID = copies[sub.ID], new(copies[*sub.ParentID]), next.ListID, nil
			sub.Completed, sub.CompletedAt, sub.CreatedAt, sub.Version = false, nil, tx.now, 0
			if sub.DueAt != nil {
				due := taskapi.Occurrence{DueAt: *sub.DueAt, DueOn: sub.DueOn}.Shifted(days, zone)
				sub.DueAt, sub.DueOn = &due.DueAt, due.DueOn
			}
			copied := done.kind.new()
			copied.value.Set(reflect.ValueOf(sub))
			tx.insert(copied)
		}
		parents = children
	}
	return affected
}

// insert adds a resource whose fields are all set.
func (tx *transaction) insert(r resource) resource {
	r = tx.changed(r)
	tx.growth = append(tx.growth, growth{resources: 1, bytes: r.size(), bounded: true})
	return r
}

func (s *Server) listTaskOccurrences(c *call) (*reply, *problem) {
	limit := int64(taskapi.DefaultOccurrences)
	var f fieldErrors
	f.number(c.request.URL.Query(), "limit", &limit, 1, taskapi.MaxOccurrences)
	if p := f.problem(); p != nil {
		return nil, p
	}
	e, ok := c.tx.user.resources[c.id]
	if !ok || e.kind.name != taskapi.KindTask {
		return nil, newProblem(taskapi.CodeTaskNotFound, "Task not found.")
	}
	occurrences := e.wire().(taskapi.Task).Occurrences(c.tx.now, c.tx.user.zone(), int(limit))
	return newReply(http.StatusOK, taskapi.OccurrenceListResponse{Success: true, Data: occurrences}), nil
}
