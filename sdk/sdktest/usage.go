package sdktest

import (
	"slices"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// rowSize is the size of a resource without its texts, and of a tombstone.
const rowSize = 100

// growth is the size of a change. Deleting and erasing have no bounds.
type growth struct {
	resources, bytes int
	bounded          bool
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

// usage returns a user's usage.
func (u *user) usage() (resources, bytes int) {
	for _, e := range u.resources {
		bytes += e.size()
	}
	for _, kept := range u.kept {
		for _, k := range kept.sizes {
			bytes += u.keptSize(k)
		}
	}
	return len(u.resources), bytes + rowSize*len(u.erased)
}

// keptSize is the size of a resource in a stored response.
type keptSize struct {
	id   string
	size int
}

// keptSize returns the present size of a stored resource. The texts of an erased one are
// not stored.
func (u *user) keptSize(k keptSize) int {
	if _, ok := u.resources[k.id]; !ok && k.id != taskapi.SettingsID {
		return rowSize
	}
	return k.size
}

// freedBy returns the size that the erasure of a resource frees in stored responses.
func (u *user) freedBy(id string) (bytes int) {
	for _, kept := range u.kept {
		for _, k := range kept.sizes {
			if k.id == id {
				bytes += k.size - rowSize
			}
		}
	}
	return bytes
}

// keptSizes returns the size of the write's response if it is stored.
func (tx *transaction) keptSizes() (sizes []keptSize, total int) {
	for _, r := range tx.written {
		id := r.id()
		k := keptSize{id, tx.latest(r.kind, id).size()}
		if slices.ContainsFunc(tx.erased, func(e erasure) bool { return e.id == id }) {
			k.size = rowSize
		}
		sizes, total = append(sizes, k), total+k.size
	}
	return sizes, total
}

// fits reports whether the user's quota has room for the transaction and, counted with
// its last change, for the stored response.
func (tx *transaction) fits(kept int) bool {
	resources, bytes := tx.user.usage()
	changes := tx.growth
	if len(changes) == 0 && kept > 0 {
		changes = []growth{{bounded: true}}
	}
	for i, g := range changes {
		resources, bytes = resources+g.resources, bytes+g.bytes
		if i == len(changes)-1 {
			bytes += kept
		}
		if g.bounded && (g.resources > 0 && resources > tx.maxResources || bytes > tx.maxBytes) {
			return false
		}
	}
	return true
}
