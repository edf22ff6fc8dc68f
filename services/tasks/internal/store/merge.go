package store

import (
	"slices"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// contentOf returns what can be edited of a task.
func contentOf(task taskapi.Task) content {
	return content{
		Title:       task.Title,
		Description: task.Description,
		Completed:   task.Completed,
		Priority:    task.Priority,
		DueAt:       task.DueAt,
		Tags:        task.Tags,
	}
}

// merge returns current with the fields that are present in patch.
func merge(current content, patch taskapi.UpdateTaskRequest) content {
	return content{
		Title:       patch.Title.Or(current.Title),
		Description: patch.Description.Or(current.Description),
		Completed:   patch.Completed.Or(current.Completed),
		Priority:    patch.Priority.Or(current.Priority),
		DueAt:       patch.DueAt.Or(current.DueAt),
		Tags:        patch.Tags.Or(current.Tags),
	}
}

// sameContent reports whether writing b over a would change anything.
func sameContent(a, b content) bool {
	return a.Title == b.Title &&
		a.Description == b.Description &&
		a.Completed == b.Completed &&
		rank(a.Priority) == rank(b.Priority) &&
		sameTime(a.DueAt, b.DueAt) &&
		slices.Equal(a.Tags, b.Tags)
}

// sameTime compares to the microsecond, which is what PostgreSQL keeps.
func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}
