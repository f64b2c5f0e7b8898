// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Of the run ?1, or of all. Drives the indexes that begin with run_id, whichever is meant.
#define STRIATUM_IN_SCOPE "run_id IN (SELECT run_id FROM runs WHERE ?1 IS NULL OR run_id = ?1)"
