package sdktest

import (
	"cmp"
	"slices"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// reference returns the id in a field of a resource; empty for null, and for resources
// without the field.
func (r resource) reference(field string) string {
	if r.kind == nil || r.kind.name != taskapi.KindTask {
		return ""
	}
	if id, _ := r.field(field).Interface().(*string); id != nil {
		return *id
	}
	return ""
}

func listOf(r resource) string   { return r.reference("listId") }
func parentOf(r resource) string { return r.reference("parentId") }

// setReference sets a field of a resource to an id; empty means null.
func (r resource) setReference(field, id string) {
	if id == "" {
		r.set(field, (*string)(nil))
	} else {
		r.set(field, &id)
	}
}

// namesList reports whether the content sets the list of a task. In a whole content, null
// does not count.
func (c content) namesList(partial bool) bool {
	value, ok := c["listId"]
	return ok && (partial || !value.IsNil())
}

// prepare returns a problem if a task cannot have its parent or list, and moves the task
// to the list of its parent. namesList reports whether the request sets the list. before
// has no kind if the task is new.
func (tx *transaction) prepare(before, after resource, namesList bool) *problem {
	if after.kind.name != taskapi.KindTask {
		return nil
	}
	list, parent := listOf(after), parentOf(after)
	if before.kind != nil && list == listOf(before) && parent == parentOf(before) {
		return nil
	}
	if parent == "" {
		if tx.hasList(list) {
			return nil
		}
		return invalid(fieldError("listId", taskapi.FieldNotFound, "is not one of your lists"))
	}
	above, ok := tx.find(after.kind, parent, outsideTrash)
	var p *problem
	switch {
	case before.kind != nil && parent == parentOf(before):
		tx.recordRead(parent)
		p = tx.flush()
	case !ok:
		p = invalid(fieldError("parentId", taskapi.FieldNotFound, "is not one of your tasks"))
	default:
		p = tx.checkLevels(before, above)
	}
	switch {
	case p != nil:
		return p
	case namesList && list != listOf(above):
		return invalid(fieldError("listId", taskapi.FieldNotAllowed, "must be that of the parent"))
	}
	after.setReference("listId", listOf(above))
	return nil
}

// hasList reports whether there is a list outside the trash. The Inbox always exists.
func (tx *transaction) hasList(id string) bool {
	_, ok := tx.find(kindNamed(taskapi.KindList), id, outsideTrash)
	return ok || id == ""
}

// checkLevels returns a problem if a task, or a new one, cannot be below parent.
func (tx *transaction) checkLevels(task, parent resource) *problem {
	if task.kind == nil && parentOf(parent) == "" {
		return nil
	}
	if p := tx.flush(); p != nil {
		return p
	}
	levels := 1
	for id := parent.id(); id != ""; levels++ {
		above, _ := tx.find(parent.kind, id, anywhere)
		if task.kind != nil && id == task.id() {
			return invalid(fieldError("parentId", taskapi.FieldNotAllowed, "must be neither the task nor below it"))
		}
		id = parentOf(above)
	}
	if task.kind != nil {
		levels += tx.height(task.id())
	}
	if levels > taskapi.MaxLevels {
		return invalid(fieldError("parentId", taskapi.FieldTooDeep, "must leave the task and its sub-tasks within four levels"))
	}
	return nil
}

// tasks returns all tasks of the transaction's state, ordered by id.
func (tx *transaction) tasks() []resource { return tx.resources(kindNamed(taskapi.KindTask)) }

// below returns the tasks below a task, in the trash or outside it, ordered by id.
func (tx *transaction) below(id string) (all []resource) {
	for _, task := range tx.tasks() {
		if parentOf(task) == id {
			all = append(append(all, task), tx.below(task.id())...)
		}
	}
	slices.SortFunc(all, func(a, b resource) int { return cmp.Compare(a.id(), b.id()) })
	return all
}

// height returns the number of levels below a task.
func (tx *transaction) height(id string) (levels int) {
	for _, task := range tx.tasks() {
		if parentOf(task) == id {
			levels = max(levels, 1+tx.height(task.id()))
		}
	}
	return levels
}

// reattach makes a restored task a top-level task if its parent is deleted or erased, and
// moves it to the Inbox if its list is.
func (tx *transaction) reattach(task resource) *problem {
	if task.kind.name != taskapi.KindTask {
		return nil
	}
	if parent := parentOf(task); parent != "" {
		tx.recordRead(parent)
		if p := tx.flush(); p != nil {
			return p
		}
		if above, ok := tx.find(task.kind, parent, outsideTrash); ok {
			task.setReference("listId", listOf(above))
			return nil
		}
		task.setReference("parentId", "")
	}
	if !tx.hasList(listOf(task)) {
		task.setReference("listId", "")
	}
	return nil
}

// relocated returns a task in the list and below the parent of a move.
func (tx *transaction) relocated(r resource, to content) resource {
	after := r.copied()
	if r.kind.name != taskapi.KindTask {
		return after
	}
	list, toList := to["listId"]
	parent, toParent := to["parentId"]
	if toList {
		after.field("listId").Set(list)
	}
	switch {
	case toParent:
		after.field("parentId").Set(parent)
	case toList:
		after.setReference("parentId", "")
	}
	return after
}

// inOneOrder reports whether two resources are in the same manual order.
func inOneOrder(a, b resource) bool { return listOf(a) == listOf(b) && parentOf(a) == parentOf(b) }

// changeWith changes a task together with another resource.
func (tx *transaction) changeWith(task resource, change func(resource)) {
	after := task.copied()
	change(after)
	tx.changed(after)
}

func isDone(task resource) bool { return task.field("completed").Bool() }

func complete(at *time.Time) func(resource) {
	return func(task resource) {
		task.set("completed", at != nil)
		task.set("completedAt", at)
	}
}

// followTask changes the tasks below and above a task after an operation on it. It
// reports whether the service treats the tasks in its memory as affected.
func (tx *transaction) followTask(op taskapi.BatchOp, before, after resource) (affected bool) {
	id := after.id()
	var below []resource
	if op != taskapi.BatchCreate {
		below = tx.below(id)
	}
	deletes, restores := op == taskapi.BatchDelete, op == taskapi.BatchRestore
	completes := op != taskapi.BatchCreate && op != taskapi.BatchErase && !isDone(before) && isDone(after)
	moves := op != taskapi.BatchCreate && listOf(before) != listOf(after)
	if deletes || restores || completes || moves || op == taskapi.BatchErase {
		affected = tx.anyRead(func(task resource) bool { return task.id() != id && parentOf(task) != "" })
	}
	for _, task := range below {
		switch {
		case op == taskapi.BatchErase:
			tx.eraseWith(task)
		case deletes && !task.deleted():
			tx.trash(task, id)
		case restores && task.deleted() && task.deletedWith != "" && (task.deletedWith == id || task.deletedWith == before.deletedWith):
			tx.changeWith(task, func(task resource) {
				task.set("deletedAt", (*time.Time)(nil))
				task.deletedWith = ""
				task.setReference("listId", listOf(after))
			})
		case completes && !task.deleted() && !isDone(task):
			tx.changeWith(task, complete(&tx.now))
		}
	}
	for _, task := range below {
		if now, ok := tx.find(task.kind, task.id(), anywhere); ok && moves && listOf(now) != listOf(after) {
			tx.changeWith(now, func(task resource) { task.setReference("listId", listOf(after)) })
		}
	}
	opened := op == taskapi.BatchCreate || isDone(before) || restores || parentOf(before) != parentOf(after)
	if op == taskapi.BatchErase || !opened || parentOf(after) == "" || isDone(after) || after.deleted() {
		return affected
	}
	affected = tx.anyRead(func(task resource) bool { return task.id() != id && isDone(task) }) || affected
	var above []resource
	for next := parentOf(after); next != ""; {
		task, _ := tx.find(after.kind, next, anywhere)
		above, next = append(above, task), parentOf(task)
	}
	slices.SortFunc(above, func(a, b resource) int { return cmp.Compare(a.id(), b.id()) })
	for _, task := range above {
		if isDone(task) {
			tx.changeWith(task, complete(nil))
		}
	}
	return affected
}

// followList changes the tasks of a list after an operation on it. It reports the same
// as followTask.
func (tx *transaction) followList(op taskapi.BatchOp, list resource) (affected bool) {
	id := list.id()
	switch op {
	case taskapi.BatchDelete, taskapi.BatchErase:
		affected = tx.anyRead(func(task resource) bool { return listOf(task) == id })
	case taskapi.BatchRestore:
		affected = tx.anyRead(func(task resource) bool { return task.deletedWith == id })
	}
	for _, task := range tx.tasks() {
		switch isInList := listOf(task) == id; {
		case op == taskapi.BatchDelete && isInList && !task.deleted():
			tx.trash(task, id)
		case op == taskapi.BatchRestore && task.deletedWith == id:
			tx.changeWith(task, func(task resource) {
				task.set("deletedAt", (*time.Time)(nil))
				task.deletedWith = ""
			})
		case op == taskapi.BatchErase && isInList:
			tx.eraseWith(task)
		}
	}
	return affected
}

// recordRead adds a task that no operation names, but that the service has read.
func (tx *transaction) recordRead(id string) {
	if len(tx.named) > 0 {
		tx.named = append(tx.named, id)
	}
}

// anyRead reports whether a function is true for one of the tasks that the operations
// name or have created.
func (tx *transaction) anyRead(matches func(resource) bool) bool {
	ids := slices.Clone(tx.named)
	for _, r := range tx.written {
		ids = append(ids, r.id())
	}
	return slices.ContainsFunc(ids, func(id string) bool {
		task, ok := tx.find(kindNamed(taskapi.KindTask), id, anywhere)
		return ok && matches(task)
	})
}

// eraseWith erases a task together with another resource, and returns its last state.
func (tx *transaction) eraseWith(task resource) resource {
	tx.erase(task)
	tx.growth = append(tx.growth, growth{resources: -1, bytes: rowSize - task.size() - tx.user.freedBy(task.id())})
	return task
}

// isArchived reports whether a task is in an archived list.
func (u *user) isArchived(task taskapi.Task) bool {
	if task.ListID == nil {
		return false
	}
	list, ok := u.resources[*task.ListID]
	return ok && list.field("archived").Bool()
}
