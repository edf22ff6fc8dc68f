package sdktest

import (
	"slices"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// rowSize is the size of a resource without its texts, and of a tombstone.
const rowSize = 100

// growth is what a change adds to a user's usage.
type growth struct {
	resources, bytes int
	bounded          bool // by the quota; false for deleting and erasing
}

// size returns the size of a resource.
func (r resource) size() int {
	size := rowSize
	for _, f := range r.kind.content {
		switch text := r.field(f.name).Interface().(type) {
		case string:
			size += len(text)
		case *string:
			if text != nil && f.name == "recurrence" {
				size += len(*text)
			}
		case []string:
			for _, entry := range text {
				size += len(entry)
			}
		}
	}
	return size
}

// usage returns the numbers that the quota limits.
func (u *user) usage() (resources, bytes int) {
	for _, e := range u.resources {
		bytes += e.size()
	}
	for _, stored := range u.stored {
		for _, k := range stored.sizes {
			bytes += u.storedSize(k)
		}
	}
	return len(u.resources), bytes + rowSize*len(u.erased)
}

// storedSize is the size of a resource in a stored response.
type storedSize struct {
	id   string
	size int
}

// storedSize returns the present size of a stored resource. The texts of an erased one are
// not stored.
func (u *user) storedSize(k storedSize) int {
	if _, ok := u.resources[k.id]; !ok && k.id != taskapi.SettingsID {
		return rowSize
	}
	return k.size
}

// freedBy returns the size that the erasure of a resource frees in stored responses.
func (u *user) freedBy(id string) (bytes int) {
	for _, stored := range u.stored {
		for _, k := range stored.sizes {
			if k.id == id {
				bytes += k.size - rowSize
			}
		}
	}
	return bytes
}

// storedSizes returns the sizes of the resources in the write's response, and their sum.
func (tx *transaction) storedSizes() (sizes []storedSize, total int) {
	for _, r := range tx.written {
		id := r.id()
		k := storedSize{id, tx.latest(r.kind, id).size()}
		if slices.ContainsFunc(tx.erased, func(e erasure) bool { return e.id == id }) {
			k.size = rowSize
		}
		sizes, total = append(sizes, k), total+k.size
	}
	return sizes, total
}

// fits reports whether the user's quota has room for the transaction and, counted with
// its last change, for a stored response of this size.
func (tx *transaction) fits(responseSize int) bool {
	resources, bytes := tx.user.usage()
	changes := tx.growth
	if len(changes) == 0 && responseSize > 0 {
		changes = []growth{{bounded: true}}
	}
	for i, g := range changes {
		resources, bytes = resources+g.resources, bytes+g.bytes
		if i == len(changes)-1 {
			bytes += responseSize
		}
		if g.bounded && (g.resources > 0 && resources > tx.maxResources || bytes > tx.maxBytes) {
			return false
		}
	}
	return true
}
