package sdktest

import "github.com/tasklane/tasklane/sdk/taskapi"

// checkList returns a problem where a task has come into a list that is not there.
func (tx *transaction) checkList(before, after resource) *problem {
	list := listOf(after)
	if list == "" || list == listOf(before) {
		return nil
	}
	if _, ok := tx.find(kindNamed(taskapi.KindList), list, outsideTrash); ok {
		return nil
	}
	return invalid(fieldError("listId", taskapi.FieldNotFound, "is not one of your lists"))
}

// listOf returns the id of the list that a resource is in; empty for none.
func listOf(r resource) string {
	if r.kind == nil {
		return ""
	}
	if task, ok := r.wire().(taskapi.Task); ok && task.ListID != nil {
		return *task.ListID
	}
	return ""
}

// settleIn has a task that leaves the trash come into the Inbox if its list is not
// there.
func (tx *transaction) settleIn(task resource) {
	if list := listOf(task); list != "" {
		if _, ok := tx.find(kindNamed(taskapi.KindList), list, outsideTrash); !ok {
			task.set("listId", (*string)(nil))
		}
	}
}

// followList does to the tasks of a list what follows from an operation on it.
func (tx *transaction) followList(op taskapi.BatchOp, list resource) {
	for _, task := range tx.resources(kindNamed(taskapi.KindTask)) {
		switch in := listOf(task) == list.id(); {
		case op == taskapi.BatchDelete && in && !task.deleted():
			tx.trash(task, list.id())
		case op == taskapi.BatchRestore && task.deletedWith == list.id():
			tx.restore(task)
		case op == taskapi.BatchErase && in:
			tx.eraseWith(task)
		}
	}
}

// eraseWith erases a task with another resource.
func (tx *transaction) eraseWith(task resource) {
	tx.erase(task)
	tx.growth = append(tx.growth, growth{resources: -1, bytes: rowSize - task.size() - tx.user.freedBy(task.id())})
}

// isArchived reports whether a task is in an archived list.
func (u *user) isArchived(task taskapi.Task) bool {
	if task.ListID == nil {
		return false
	}
	list, ok := u.resources[*task.ListID].resource.wireList()
	return ok && list.Archived
}

func (r resource) wireList() (list taskapi.List, ok bool) {
	if r.kind != nil {
		list, ok = r.wire().(taskapi.List)
	}
	return list, ok
}
