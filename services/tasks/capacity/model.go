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
	// keyBytes is an answer that is kept for a day.
	keyBytes = 1000
	// holdTime is how long a request holds its connection to PostgreSQL: the
	// work there, the way there and back, the disk. An update goes twice.
	holdTime = 2 * time.Millisecond
)

// Settings of the servers, at their defaults.
const (
	// sessionCacheTTL is how long a bff believes Better Auth's answer;
	// longCacheTTL is what it might be set to.
	sessionCacheTTL, longCacheTTL = 30 * time.Second, 5 * time.Minute
	// streamsPerReplica is MAX_STREAMS of one bff or task service.
	streamsPerReplica = 10_000
	// poolConnections are those of a task service on up to four cores, and
	// listenConnections the one by which it hears of notices.
	poolConnections, listenConnections = 4, 1
	// authConnections are the most of one Better Auth.
	authConnections = 10
	// gatherTime is how long a replica gathers notices into one message.
	gatherTime = 5 * time.Millisecond
)

// What a machine is given to do: decisions.
const (
	// load is the share of a core that is planned with.
	load = 0.6
	// coresPerReplica are those of one task service or bff. Better Auth is a
	// Node process, which has one. One more of each is in reserve.
	coresPerReplica, coresPerAuth = 2, 1
	// serverCores and serverBytes are what one PostgreSQL server is used up
	// to, and then one of Citus.
	serverCores = 32
	serverBytes = 2e12
	// cellUsers is the most that one deployment has; more are in several.
	cellUsers = 25_000_000
	// shards are those of a table in Citus.
	shards = 32
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

// exchanges are the questions to Better Auth in a second. A bff asks about the
// session of each stream whenever its answer is old. A request that comes to
// another bff than its session's stream asks once more: users ask for something
// less often than an answer lasts, or at most as often.
func (d demand) exchanges(ttl time.Duration, bffs int) float64 {
	return d.streams/ttl.Seconds() + d.requests*(1-1/float64(bffs))
}

// cores are processors that are busy.
type cores struct{ bff, tasks, auth, server, authServer float64 }

// size is a deployment.
type size struct {
	users  float64
	cells  int
	demand demand // of a cell, like all that follows
	busy   cores
	// exchanges a second.
	exchanges float64
	// tasks, bffs and auths are the processes.
	tasks, bffs, auths int
	// tasksBytes and bffBytes are the memory of one process.
	tasksBytes, bffBytes float64
	// serverCores and bytes are those of all the cell's PostgreSQL servers
	// with tasks, authCores those of Better Auth's.
	serverCores, authCores float64
	servers                int
	bytes                  float64
	// connections are those that task services may open for requests,
	// held how many of them are held at once on average, and allConnections
	// those of all processes.
	connections, allConnections int
	held                        float64
	// rowsPerShard is the number of tasks, notices the messages of changes a
	// second, and deliveries those to all replicas.
	rowsPerShard, notices, deliveries float64
}

func sizeOf(users float64) size {
	s := size{users: users, cells: int(math.Ceil(users / cellUsers))}
	perCell := users / float64(s.cells)
	s.demand = demandOf(perCell)
	for _, w := range works {
		rate := s.demand.requests * w.share
		s.busy.bff += rate * w.bff.Seconds()
		s.busy.tasks += rate * w.tasks.Seconds()
		s.busy.server += rate * w.server.Seconds()
	}
	s.tasks = replicas(s.busy.tasks, coresPerReplica, s.demand.streams)
	s.bffs = replicas(s.busy.bff, coresPerReplica, s.demand.streams)
	s.exchange()
	s.notify()
	s.tasksBytes = tasksMemory.bytes + s.demand.streams/float64(s.tasks)*tasksStream.bytes
	s.bffBytes = bffMemory.bytes + s.demand.streams/float64(s.bffs)*bffStream.bytes
	// Keys stay for a day; what is erased is small beside the rest.
	keysADay := perCell * activeShare * s.demand.writes / s.demand.requests * requestsADay
	s.bytes = perCell*tasksPerUser*taskBytes + keysADay*keyBytes
	s.serverCores, s.authCores = s.busy.server/load, s.busy.authServer/load
	s.servers = max(1, int(math.Ceil(s.serverCores/serverCores)), int(math.Ceil(s.bytes/serverBytes)))
	s.connections = s.tasks * poolConnections
	s.allConnections = s.connections + s.tasks*listenConnections + s.auths*authConnections
	s.held = s.demand.requests * holdTime.Seconds()
	if s.servers > 1 {
		s.rowsPerShard = perCell * tasksPerUser / shards
	}
	return s
}

// exchange adds what sessions cost. What an exchange costs the bff is not
// measured; it is less than a read, which is a request to another server, too.
func (s *size) exchange() {
	s.exchanges = s.demand.exchanges(sessionCacheTTL, s.bffs)
	s.busy.bff += s.exchanges * works[1].bff.Seconds()
	s.bffs = replicas(s.busy.bff, coresPerReplica, s.demand.streams)
	s.busy.auth = s.exchanges * exchange.auth.Seconds()
	s.busy.authServer = s.exchanges * exchange.server.Seconds()
	s.auths = replicas(s.busy.auth, coresPerAuth, 0)
}

// notify adds what the messages between replicas cost. One that has gathered
// nothing sends nothing.
func (s *size) notify() {
	each := s.demand.writes / float64(s.tasks)
	s.notices = float64(s.tasks) * each / (1 + each*gatherTime.Seconds())
	s.deliveries = s.notices * float64(s.tasks)
	s.busy.server += s.deliveries * deliveryTime.Seconds()
}

// replicas is how many processes of so many cores it takes for so much work and
// so many streams while one of them is away.
func replicas(busy, coresEach, streams float64) int {
	return 1 + max(1, int(math.Ceil(busy/load/coresEach)), int(math.Ceil(streams/streamsPerReplica)))
}
