package store

// What tests of the distributed form need.
const DistributedForm = distributedForm
