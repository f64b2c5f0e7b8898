# SPDX-License-Identifier: Apache-2.0
"""Random workflow files: valid ones that make interesting runs, and ones broken in one known way."""

import copy
import json

ROLES = ["author", "reviewer", "builder"]
LANES = ["local", "second", "third"]
TYPES = ["draft", "ledger", "synthesis", "build", "test", "generic"]
KINDS = {"draft": "handoff", "ledger": "findings_ledger", "synthesis": "synthesis", "build": "handoff",
         "test": "test_report", "generic": "other", "review": "finding"}
POSTURES = ["neutral", "security", "devils_advocate", "threat_model", "latency_performance", "ergonomics_dx",
            "accessibility", "compliance_license", "supply_chain", "custom:style: names"]


class WorkflowMaker:
    def __init__(self, rnd):
        self.rnd = rnd

    def chance(self, probability):
        return self.rnd.random() < probability

    def valid(self, mode=None):
        """A workflow that validates, prepares and starts."""
        rnd = self.rnd
        names = rnd.sample(["plan", "alpha", "build-it", "check", "zeta", "mid", "end_1", "Óne"], rnd.randint(2, 6))
        workflow = {
            "schema_version": "striatum.workflow.v1", "workflow_id": rnd.choice(["flow", "other-flow", 7, "ünï"]),
            "workflow_version": rnd.choice(["1", "2026-01", 3, None]), "name": "Random",
            "branch": self._branch(mode), "coordinator": {"role_id": "author", "lane_id": "local"},
            "lanes": self._lanes(), "roles": self._roles(), "context_docs": rnd.choice([[], [{"path": "docs/C.md"}]]),
            "parallelism": {"mode": "declared", "max_active_jobs": 2}, "jobs": [], "edges": [], "cycles": []}
        for index, name in enumerate(names):
            workflow["jobs"].append(self._job(name, workflow, first=index == 0))
        self._edges(workflow)
        self._cycles(workflow)
        self._extras(workflow)
        return workflow

    def _branch(self, mode):
        mode = mode or ("auto" if self.chance(0.1) else "confirm")
        branch = {"mode": mode, "suggested_name": self.rnd.choice(["work/one", "topic", "bad..name"])}
        if mode == "confirm" and self.chance(0.3):
            del branch["suggested_name"]
        return branch

    def _lanes(self):
        rnd, lanes = self.rnd, {}
        for name in LANES[:rnd.randint(1, 3)]:
            lane = {"adapter": rnd.choice(["process", "manual"]), "display_model": f"Model {name}",
                    "capabilities": ["write"]}
            if lane["adapter"] == "process":
                lane["command"] = ["sh", "-c", "cat >/dev/null"]
            if self.chance(0.3):
                lane["constraints"] = {"transcripts": "off", "network": "forbidden"}
                if lane["adapter"] == "process":
                    lane["required_enforcement"] = {"transcripts": "enforced"}
            lanes[name] = lane
        return lanes

    def _roles(self):
        return {role: {"definition_path": f"roles/{role}.md", "summary": f"does {role}"} if self.chance(0.7) else {}
                for role in ROLES}

    def _job(self, name, workflow, first):
        rnd = self.rnd
        review = self.chance(0.45) and not first or self.chance(0.05)
        kind = "review" if review else rnd.choice(TYPES)
        job = {"id": name, "type": kind, "role_id": "reviewer" if review else rnd.choice(["author", "builder"])}
        if self.chance(0.6):
            job["lane_id"] = rnd.choice(list(workflow["lanes"]))
        if self.chance(0.5):
            job.update(title=f"Do {name}", objective="An objective.", task_prompt={"path": f"prompts/{name}.md"},
                       inputs=[{"path": "README.md"}])
        if self.chance(0.2):
            job["max_attempts"] = rnd.choice([2, "3", 1.9, True])
        writes = not review and self.chance(0.6)
        job["write_scope"] = {"mode": "repo_write" if writes else "review_only_artifact", "repo_write": writes,
                              "allowed_paths": [f"out/{name}/"], "forbidden_paths": [".striatum/"]}
        if self.chance(0.1):
            del job["write_scope"]
        elif self.chance(0.85):
            job["expected_artifacts"] = self._artifacts(name, kind)
        if review:
            self._review_fields(job)
        return job

    def _artifacts(self, name, kind):
        made = [{"logical_name": "result", "kind": KINDS[kind], "path": f"out/{name}/RESULT.md", "required": True}]
        if self.chance(0.25):
            made.append({"logical_name": "extra", "kind": self.rnd.choice(["other", "decision", "support_ledger"]),
                         "path": f"out/{name}/extra.txt", "required": self.rnd.choice([True, False, "true"])})
        return made

    def _review_fields(self, job):
        rnd = self.rnd
        if self.chance(0.3):
            job["review_posture"] = rnd.choice(POSTURES)
        if self.chance(0.3):
            job["reviewer_access_scope"] = rnd.choice(["document_only", "artifact_augmented", "repo_level"])
        if self.chance(0.25):
            job["reviewer_context_policy"] = rnd.choice(["fresh", "cross_round"])
        elif self.chance(0.3):
            job["fresh_session_required"] = rnd.choice([True, False])
        if self.chance(0.05):
            job["require_attested_lane"] = True

    def _edges(self, workflow):
        names = [job["id"] for job in workflow["jobs"]]
        for later in range(1, len(names)):
            for earlier in self.rnd.sample(range(later), min(later, self.rnd.choice([0, 1, 1, 1, 2]))):
                workflow["edges"].append({"from": names[earlier], "to": names[later], "on": "completed"})

    def _cycles(self, workflow):
        for job in workflow["jobs"]:
            if job["type"] != "review" or not self.chance(0.75):
                continue
            sources = ancestors(workflow, job["id"]) + ([job["id"]] if self.chance(0.1) else [])
            if sources:
                workflow["cycles"].append({"from": job["id"], "to": self.rnd.choice(sources),
                                           "on_verdict": "needs_revision",
                                           "max_iterations": self.rnd.choice([1, 1, 2, 3])})

    def _extras(self, workflow):
        rnd = self.rnd
        if self.chance(0.15):
            workflow["review_revision_policy"] = {"root_review_needs_revision": "human_checkpoint",
                                                  "description": "Ask the owner."}
        if self.chance(0.15):
            workflow["harness_profiles"] = {"hp": {"tool_family": "generic", "strategy_version": "1",
                                                   **({"odd_field": 1} if self.chance(0.5) else {})}}
            rnd.choice(list(workflow["lanes"].values()))["harness_profile_id"] = "hp"
        if self.chance(0.05):
            workflow["provenance_mode"] = rnd.choice(["advisory", "attested_bylines", "sealed_patch"])
        if self.chance(0.1):
            workflow["recovery_policy"] = {"eligible_after_seconds": 60, "escalation_hook": {
                "kind": "marker_file", "path": "marks/x"}}
        if self.chance(0.1):
            for job in workflow["jobs"]:
                job["needs"] = [edge["from"] for edge in workflow["edges"] if edge["to"] == job["id"]]
        if self.chance(0.05):
            next(iter(workflow["lanes"].values())).update(adapter="process", command=["bin/absent", "x"])
        if self.chance(0.1):
            alone = [job for job in workflow["jobs"] if job["type"] != "review" and job.get("write_scope")]
            writers = [job for job in alone if job["write_scope"]["repo_write"]]
            for job in writers[:2]:
                job["parallel_group"] = "group-1"

    def broken(self):
        """(what is wrong, workflow or raw text)."""
        workflow = copy.deepcopy(self.valid())
        name, change = self.rnd.choice(BREAKS)
        result = change(workflow, self)
        return name, workflow if result is None else result


def ancestors(workflow, job_id):
    found, todo = [], [job_id]
    while todo:
        current = todo.pop()
        for edge in workflow["edges"]:
            if edge["to"] == current and edge["from"] not in found:
                found.append(edge["from"])
                todo.append(edge["from"])
    return sorted(found)


def job_of(workflow, maker, kind=None):
    """A random job, turned into one of the wanted type when needed."""
    job = maker.rnd.choice(workflow["jobs"])
    if kind is not None:
        job["type"] = kind
    return job


def set_at(*path, value):
    """A change that puts `value` at a path of keys."""
    def change(workflow, maker):
        place = workflow
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = copy.deepcopy(value)
    return change


def on_job(kind=None, **fields):
    """A change of fields of one job; a value that is a function gets the job."""
    def change(workflow, maker):
        job = job_of(workflow, maker, kind)
        for key, value in fields.items():
            job[key] = copy.deepcopy(value(job) if callable(value) else value)
    return change


def on_lane(**fields):
    def change(workflow, maker):
        maker.rnd.choice(list(workflow["lanes"].values())).update(copy.deepcopy(fields))
    return change


def drop(*keys):
    def change(workflow, maker):
        for key in keys:
            workflow.pop(key, None)
    return change


def profile(**body):
    def change(workflow, maker):
        workflow["harness_profiles"] = {"hp": {"tool_family": "generic", "strategy_version": "1", **body}}
    return change


def scope(**fields):
    return {"mode": "repo_write", "repo_write": True, "allowed_paths": ["src/"], "forbidden_paths": [], **fields}


def second_job(workflow, maker, **fields):
    job = {"id": "twin", "role_id": "author", "type": "draft", **fields}
    workflow["jobs"].append(job)
    return job


def same_artifact(workflow, maker):
    path = {"logical_name": "x", "kind": "other", "path": "shared/X.md", "required": True}
    for name in ("twin-a", "twin-b"):
        workflow["jobs"].append({"id": name, "role_id": "author", "expected_artifacts": [dict(path)]})


def group(*scopes):
    def change(workflow, maker):
        for index, given in enumerate(scopes):
            workflow["jobs"].append({"id": f"member-{index}", "role_id": "author", "parallel_group": "g",
                                     "write_scope": given})
    return change


def loop(workflow, maker):
    for name in ("loop-a", "loop-b"):
        workflow["jobs"].append({"id": name, "role_id": "author"})
    workflow["edges"] += [{"from": "loop-a", "to": "loop-b", "on": "completed"},
                          {"from": "loop-b", "to": "loop-a", "on": "completed"}]


def unsound_cycle(workflow, maker):
    for name in ("far-a", "far-b"):
        workflow["jobs"].append({"id": name, "role_id": "author"})
    workflow["cycles"].append({"from": "far-a", "to": "far-b", "on_verdict": "needs_revision", "max_iterations": 1})


def cycle(**fields):
    def change(workflow, maker):
        name = workflow["jobs"][0]["id"]
        workflow["cycles"].append({"from": name, "to": name, "on_verdict": "needs_revision", "max_iterations": 1,
                                   **fields})
    return change


def edge(**fields):
    def change(workflow, maker):
        name = workflow["jobs"][0]["id"]
        workflow["edges"].append({"from": name, "to": name, "on": "completed", **fields})
    return change


def root_reviews_want_cycles(workflow, maker):
    workflow["jobs"].append({"id": "root-review", "role_id": "reviewer", "type": "review"})
    workflow["review_revision_policy"] = {"root_review_needs_revision": "declared_cycle"}


def raw(change):
    return lambda workflow, maker: change(json.dumps(workflow))


def cross(**fields):
    def change(workflow, maker):
        workflow["repositories"] = {"a": {"repo_id": "one"}, "b": {"repo_id": "two"}}
        workflow["primary_repository"] = "a"
        for job in workflow["jobs"]:
            job["repository"] = "a"
        for key, value in fields.items():
            workflow[key] = value
    return change


def cross_job(workflow, maker, value):
    cross()(workflow, maker)
    workflow["jobs"][0]["repository"] = value


REVIEWER = "review"
BREAKS = [
    ("no object", lambda w, m: "[]"), ("cut off", raw(lambda text: text[:-1])), ("empty", lambda w, m: ""),
    ("rest behind", raw(lambda text: text + " x")), ("yaml inside", lambda w, m: "a: 1\n"),
    ("bom", raw(lambda text: "\ufeff" + text)), ("missing keys", drop("lanes", "branch")),
    ("missing id", drop("workflow_id")), ("schema", set_at("schema_version", value="striatum.workflow.v2")),
    ("id null", set_at("workflow_id", value=None)), ("id list", set_at("workflow_id", value=[1])),
    ("version object", set_at("workflow_version", value={"a": 1})),
    ("branch text", set_at("branch", value="x")), ("branch null", set_at("branch", value=None)),
    ("branch mode", set_at("branch", "mode", value="maybe")), ("branch empty", set_at("branch", value={})),
    ("branch name", set_at("branch", value={"mode": "auto", "suggested_name": ""})),
    ("branch name number", set_at("branch", value={"mode": "confirm", "suggested_name": 5})),
    ("lanes list", set_at("lanes", value=[])), ("lane text", set_at("lanes", "local", value="x")),
    ("roles list", set_at("roles", value=[])), ("jobs object", set_at("jobs", value={})),
    ("jobs null", set_at("jobs", value=None)), ("job text", set_at("jobs", value=["x"])),
    ("edges text", set_at("edges", value="x")), ("edge text", set_at("edges", value=["x"])),
    ("cycles null", set_at("cycles", value=None)), ("cycle number", set_at("cycles", value=[5])),
    ("job id empty", on_job(id="")), ("job id number", on_job(id=5)), ("job role", on_job(role_id="ghost")),
    ("job role absent", on_job(role_id=None)), ("job lane", on_job(lane_id="ghost")),
    ("job lane list", on_job(lane_id=[])), ("job lane empty", on_job(lane_id="")),
    ("job twice", lambda w, m: second_job(w, m, id=w["jobs"][0]["id"]) and None),
    ("job type", on_job(type="odd")), ("job type null", on_job(type=None)), ("job type list", on_job(type=[])),
    ("title null", on_job(title=None)), ("title list", on_job(title=[1])), ("title number", on_job(title=5)),
    ("max attempts text", on_job(max_attempts="x")), ("max attempts null", on_job(max_attempts=None)),
    ("max attempts huge", on_job(max_attempts=10 ** 30)),
    ("artifacts text", on_job(expected_artifacts="x")), ("artifacts null", on_job(expected_artifacts=None)),
    ("artifact number", on_job(expected_artifacts=[5])), ("artifact bare", on_job(expected_artifacts=[{}])),
    ("artifact absolute", on_job(expected_artifacts=[{"path": "/x"}])),
    ("artifact escape", on_job(expected_artifacts=[{"path": "a/../../b"}])),
    ("artifact kind", on_job(expected_artifacts=[{"path": "x", "kind": "odd", "logical_name": "x"}])),
    ("artifact outside", on_job(write_scope=scope(), expected_artifacts=[{"path": "x", "kind": "other"}])),
    ("artifact forbidden", on_job(write_scope=scope(forbidden_paths=["src/no"]),
                                  expected_artifacts=[{"path": "src/no/x", "kind": "other"}])),
    ("artifact shared", same_artifact),
    ("allowed in forbidden", on_job(write_scope=scope(allowed_paths=["a/b/"], forbidden_paths=["a"]))),
    ("needs unlike edges", on_job(needs=["ghost"])), ("needs text", on_job(needs="x")),
    ("needs number", on_job(needs=5)), ("needs numbers", on_job(needs=[5])),
    ("scope on work", on_job("build", reviewer_access_scope="document_only")),
    ("scope odd", on_job(REVIEWER, reviewer_access_scope="odd")),
    ("scope crossing", on_job(REVIEWER, reviewer_access_scope="cross_repo_artifact_augmented")),
    ("policy odd", on_job(REVIEWER, reviewer_context_policy="odd")),
    ("policy against flag", on_job(REVIEWER, reviewer_context_policy="fresh", fresh_session_required=False)),
    ("posture on work", on_job("build", review_posture="security")),
    ("posture odd", on_job(REVIEWER, review_posture="odd")), ("posture empty", on_job(REVIEWER, review_posture="")),
    ("posture number", on_job(REVIEWER, review_posture=5)),
    ("posture custom", on_job(REVIEWER, review_posture="custom: ")),
    ("required postures on review", on_job(REVIEWER, required_review_postures=["security"])),
    ("required postures empty", on_job("build", required_review_postures=[])),
    ("required postures odd", on_job("build", required_review_postures=["odd"])),
    ("required postures far", on_job("build", required_review_postures=["custom:nobody"])),
    ("attested on work", on_job("build", require_attested_lane=True)),
    ("attested text", on_job(REVIEWER, require_attested_lane="yes")),
    ("apply gate on review", on_job(REVIEWER, apply_gate=True)), ("apply gate text", on_job("build", apply_gate="x")),
    ("apply gate bare", on_job("build", apply_gate=True)), ("job repository", on_job(repository="a")),
    ("edge from nowhere", edge(**{"from": "ghost"})), ("edge to nowhere", edge(to="ghost")),
    ("edge on failed", edge(on="failed")), ("edge loop", loop),
    ("cycle from nowhere", cycle(**{"from": "ghost"})), ("cycle verdict", cycle(on_verdict="reject")),
    ("cycle zero", cycle(max_iterations=0)), ("cycle text", cycle(max_iterations="1")),
    ("cycle true", cycle(max_iterations=True)), ("cycle unsound", unsound_cycle),
    ("group mixed", group(scope(), scope(repo_write=False, mode="review_only_artifact", allowed_paths=["x/"]))),
    ("group same paths", group(scope(), scope())),
    ("group overlap", group(scope(allowed_paths=["src/"]), scope(allowed_paths=["src/a/"]))),
    ("revision policy text", set_at("review_revision_policy", value="x")),
    ("revision policy odd", set_at("review_revision_policy", value={"root_review_needs_revision": "odd"})),
    ("revision policy cycles", root_reviews_want_cycles),
    ("profiles list", set_at("harness_profiles", value=[])),
    ("profile text", set_at("harness_profiles", value={"hp": "x"})),
    ("profile bare", set_at("harness_profiles", value={"hp": {}})), ("profile family", profile(tool_family="odd")),
    ("profile version", profile(strategy_version="")),
    ("profile subagents", profile(accountability={"native_subagents": "free"})),
    ("profile registration", profile(accountability={"native_subagents": "internal_to_parent_session",
                                                     "first_class_registration": "yes"})),
    ("profile envelope", profile(prompt_envelope_path="/x")), ("profile fallback", profile(fallback_profile_id="no")),
    ("lane profile", on_lane(harness_profile_id="ghost")), ("lane profile empty", on_lane(harness_profile_id="")),
    ("lane timeout", on_lane(adapter_timeout_seconds=0)), ("lane timeout true", on_lane(adapter_timeout_seconds=True)),
    ("lane timeout huge", on_lane(adapter_timeout_seconds=86401)), ("lane command", on_lane(adapter="process",
                                                                                           command=[])),
    ("lane command number", on_lane(adapter="process", command=[5])),
    ("lane command relative", on_lane(adapter="process", command=["tools/none", "x"])),
    ("lane env", on_lane(adapter="process", command=["sh"], env={"A": 5})),
    ("lane worktree", on_lane(worktree_isolation="maybe")), ("lane constraint", on_lane(constraints={"odd": "x"})),
    ("lane constraint value", on_lane(constraints={"network": "odd"})),
    ("lane constraints list", on_lane(constraints=[])),
    ("lane enforcement", on_lane(adapter="manual", constraints={"network": "forbidden"},
                                 required_enforcement={"network": "enforced"})),
    ("lane enforcement undeclared", on_lane(constraints={}, required_enforcement={"network": "advisory"})),
    ("lane enforcement odd", on_lane(constraints={"network": "forbidden"}, required_enforcement={"network": "x"})),
    ("provenance odd", set_at("provenance_mode", value="odd")),
    ("sealed provider alone", set_at("sealed_patch_provider", value="daemon")),
    ("require daemon text", set_at("require_daemon", value="x")),
    ("sealed without daemon", lambda w, m: w.update(provenance_mode="sealed_patch", require_daemon=False)),
    ("sealed paths", lambda w, m: w.update(provenance_mode="sealed_patch", protected_paths=["a", "b/c"],
                                           operator_writable_paths=["a/x"])),
    ("sealed path escape", lambda w, m: w.update(provenance_mode="sealed_patch", protected_paths=["../x"])),
    ("sealed path state", lambda w, m: w.update(provenance_mode="sealed_patch", protected_paths=[".striatum/x"])),
    ("recovery list", set_at("recovery_policy", value=[])),
    ("recovery negative", set_at("recovery_policy", value={"eligible_after_seconds": -1})),
    ("recovery text", set_at("recovery_policy", value={"autonomous_review_requeue": "x"})),
    ("hook kind", set_at("recovery_policy", value={"escalation_hook": {"kind": "odd"}})),
    ("hook path", set_at("recovery_policy", value={"escalation_hook": {"kind": "marker_file", "path": "../x"}})),
    ("hook url", set_at("recovery_policy", value={"escalation_hook": {"kind": "webhook", "url": "ftp://x"}})),
    ("hook command", set_at("recovery_policy", value={"escalation_hook": {"kind": "shell", "command": []}})),
    ("primary alone", set_at("primary_repository", value="a")), ("repositories one", cross(repositories={
        "a": {"repo_id": "one"}})), ("repositories same", cross(repositories={"a": {"repo_id": "x"},
                                                                             "b": {"repo_id": "x"}})),
    ("repositories fine", cross()), ("primary odd", cross(primary_repository="c")),
    ("cross daemon", cross(require_daemon=False)),
    ("cross job alias", lambda w, m: cross_job(w, m, "c")), ("cross job none", lambda w, m: cross_job(w, m, None)),
    ("cross limit", cross(parallelism={"per_repo_max_active_jobs": {"c": 1}})),
    ("cross limit zero", cross(parallelism={"per_repo_max_active_jobs": {"a": 0}})),
    ("limit without cross", set_at("parallelism", value={"per_repo_max_active_jobs": {"a": 1}})),
    ("unknown keys", set_at("future_key", value={"a": [1.0, 1e16, 1e-7, -0.0, 0.1, 10 ** 25, "é\u0000"]})),
]
