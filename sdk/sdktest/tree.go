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
