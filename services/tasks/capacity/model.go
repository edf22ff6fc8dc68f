// Command capacity prints how Tasklane grows from one machine to a hundred
// million users: what a deployment of each size needs by arithmetic, and beside
// it what a simulation of users says about the same figures. The table is that
// of services/SCALING.md.
package main

import (
	"math"
	"time"
)

// What users do: assumptions, to be replaced by what one's own users do.
const (
	// activeShare of all users are there on a day, at the peak peakFactor
	// times as many as on average.
	activeShare = 0.2
	peakFactor  = 3.0
	// requestsADay and streamTime are those of an active user.
	requestsADay = 40
	streamTime   = time.Hour
	// tasksPerUser are those outside the trash and in it.
	tasksPerUser = 200
)

// work is a kind of request: its share of all, and the processor time that it
// takes of the bff, of the task service and of PostgreSQL. The times are those
// of bench/RESULTS.md.
type work struct {
	name               string
	share              float64
	bff, tasks, server time.Duration
	writes             bool
}

var works = []work{
	{name: "list", share: 0.50, bff: 337 * time.Microsecond, tasks: 192 * time.Microsecond, server: 151 * time.Microsecond},
	{name: "get", share: 0.25, bff: 127 * time.Microsecond, tasks: 97 * time.Microsecond, server: 56 * time.Microsecond},
	{name: "create", share: 0.10, bff: 237 * time.Microsecond, tasks: 273 * time.Microsecond, server: 360 * time.Microsecond, writes: true},
	{name: "update", share: 0.15, bff: 265 * time.Microsecond, tasks: 337 * time.Microsecond, server: 411 * time.Microsecond, writes: true},
}

// What things cost: measured, where nothing else is said.
const (
	// taskBytes is a task of a hundred characters with its indexes, by make
	// test-migrations; keyBytes, an answer that is kept for a day, is guessed
	// from it.
	taskBytes, keyBytes = 650, 1000
	// streamBytes is the memory of a quiet stream, by bench/RESULTS.md.
	streamBytes = 43_700
	// deliveryTime is what a notice of forty users costs PostgreSQL and the
	// replica that hears it together, by BenchmarkWakeUp in the store: 21 µs
	// on both cores.
	deliveryTime = 42 * time.Microsecond
	// gatherTime is how long a replica gathers wake-ups.
	gatherTime = 5 * time.Millisecond
)

// What a machine is given to do: decisions.
const (
	// load is the share of a core that is planned with.
	load = 0.6
	// coresPerReplica and streamsPerReplica are those of one task service or
	// bff; two of each are the least.
	coresPerReplica   = 2
	streamsPerReplica = 20_000
	// serverCores and serverBytes are what one PostgreSQL server is used up
	// to, and then one of Citus.
	serverCores = 32
	serverBytes = 2e12
	// cellUsers is the most that one deployment has; more are in several.
	cellUsers = 25_000_000
	// shards are those of a table in Citus.
	shards = 32
	// poolConnections is the default of a replica on a machine of two cores.
	poolConnections = 4
)

// demand is what users ask for in the peak, a second or at once.
type demand struct{ requests, writes, streams float64 }

func demandOf(users float64) demand {
	active := users * activeShare
	d := demand{
		requests: active * requestsADay / (24 * time.Hour).Seconds() * peakFactor,
		streams:  active * streamTime.Hours() / 24 * peakFactor,
	}
	for _, w := range works {
		if w.writes {
			d.writes += d.requests * w.share
		}
	}
	return d
}

// size is a deployment.
type size struct {
	users  float64
	cells  int
	demand demand // of a cell, like all that follows
	tasks  int    // task services
	bffs   int
	// serverCores and bytes are those of all the cell's PostgreSQL servers.
	serverCores float64
	servers     int
	bytes       float64
	connections int
	// busy is how many of them work at once on average.
	busy float64
	// rowsPerShard is the number of tasks, notices the messages of changes a
	// second, and deliveries those to all replicas.
	rowsPerShard, notices, deliveries float64
}

func sizeOf(users float64) size {
	s := size{users: users, cells: int(math.Ceil(users / cellUsers))}
	perCell := users / float64(s.cells)
	s.demand = demandOf(perCell)
	var bff, tasks, server float64
	for _, w := range works {
		rate := s.demand.requests * w.share
		bff += rate * w.bff.Seconds()
		tasks += rate * w.tasks.Seconds()
		server += rate * w.server.Seconds()
	}
	s.tasks = replicas(tasks, s.demand.streams)
	s.bffs = replicas(bff, s.demand.streams)
	// One that has gathered nothing sends nothing.
	each := s.demand.writes / float64(s.tasks)
	s.notices = float64(s.tasks) * each / (1 + each*gatherTime.Seconds())
	s.deliveries = s.notices * float64(s.tasks)
	server += s.deliveries * deliveryTime.Seconds()
	s.serverCores = server / load
	// Keys stay for a day; what is erased is small beside the rest.
	keysADay := perCell * activeShare * requestsADay * (works[2].share + works[3].share)
	s.bytes = perCell*tasksPerUser*taskBytes + keysADay*keyBytes
	s.servers = max(1, int(math.Ceil(s.serverCores/serverCores)), int(math.Ceil(s.bytes/serverBytes)))
	s.connections = s.tasks * (poolConnections + 1) // one more to hear
	s.busy = server
	if s.servers > 1 {
		s.rowsPerShard = perCell * tasksPerUser / shards
	}
	return s
}

// replicas is how many it takes for so many busy cores and streams.
func replicas(cores, streams float64) int {
	return max(2, int(math.Ceil(cores/load/coresPerReplica)), int(math.Ceil(streams/streamsPerReplica)))
}
