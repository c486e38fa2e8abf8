-- Views for people with Superset, Grafana, Metabase or psql; docs/bi.md describes every column.
-- MLflow keeps a run as one row a tag, parameter and metric. Each view puts that together a run at a time, by
-- indexes, so that "the last hundred" costs as much with a million runs as with a thousand.
-- Made in one transaction by the module bi_views; nothing here may name a schema of people's own.

CREATE VIEW bi.results AS
SELECT
    tag ->> 'result_id' AS result_id,
    run.run_uuid AS run_id,
    experiment.name AS experiment,
    tag ->> 'host' AS host,
    tag ->> 'fleet' AS fleet,
    tag ->> 'os' AS os_family,
    tag ->> 'benchmark' AS benchmark,
    tag ->> 'variant' AS variant,
    param ->> 'model' AS model,
    tag ->> 'status' AS status,
    tag ->> 'status' IN ('ok', 'unstable') AS usable,
    tag ->> 'error_kind' AS error_kind,
    tag ->> 'error' AS error,
    to_timestamp(run.start_time / 1000.0) AS started_at,
    to_timestamp(run.end_time / 1000.0) AS finished_at,
    (run.end_time - run.start_time) / 1000.0 AS duration_s,
    tag ->> 'profile' AS profile,
    tag ->> 'suite_id' AS suite_id,
    tag ->> 'session_id' AS session_id,
    tag ->> 'comparability_key' AS comparability_key,
    param ->> 'tool' AS tool,
    param ->> 'tool_version' AS tool_version,
    param ->> 'cpu' AS cpu,
    param ->> 'gpu' AS gpu,
    (param ->> 'memory_gb')::double precision AS memory_gb,
    param ->> 'os' AS os,
    param ->> 'host_model' AS host_model,
    param ->> 'power_source' AS power_source,
    param ->> 'power_profile' AS power_profile,
    param AS parameters
FROM runs AS run
INNER JOIN experiments AS experiment ON experiment.experiment_id = run.experiment_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, value) AS tag
    FROM tags
    WHERE tags.run_uuid = run.run_uuid AND key NOT LIKE 'mlflow.%'
) AS of_tags
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(key, value), '{}') AS param
    FROM params
    WHERE params.run_uuid = run.run_uuid
) AS of_params
-- Deleted runs, and the parents that hold the runs of one play together, are no results.
WHERE run.lifecycle_stage = 'active' AND tag ? 'result_id';

CREATE VIEW bi.metrics AS
SELECT
    result.result_id,
    result.run_id,
    result.host,
    result.fleet,
    result.os_family,
    result.benchmark,
    result.variant,
    result.model,
    result.status,
    result.usable,
    result.finished_at,
    result.comparability_key,
    CASE
        WHEN metric.key LIKE 'telemetry/%' THEN 'telemetry'
        WHEN metric.key LIKE 'harness/%' THEN 'harness'
        ELSE 'measurement'
    END AS kind,
    metric.key AS metric,
    CASE WHEN NOT metric.is_nan THEN metric.value END AS value,
    low.value AS ci_low,
    high.value AS ci_high,
    spread.value AS cv
FROM bi.results AS result
INNER JOIN latest_metrics AS metric ON metric.run_uuid = result.run_id
LEFT JOIN latest_metrics AS low
    ON low.run_uuid = metric.run_uuid AND low.key = metric.key || '_ci_low'
LEFT JOIN latest_metrics AS high
    ON high.run_uuid = metric.run_uuid AND high.key = metric.key || '_ci_high'
LEFT JOIN latest_metrics AS spread
    ON spread.run_uuid = metric.run_uuid AND spread.key = metric.key || '_cv'
-- An interval's ends and the spread stand beside their value, not as metrics of their own.
WHERE NOT EXISTS (
    SELECT FROM latest_metrics AS of_another
    WHERE
        of_another.run_uuid = metric.run_uuid
        AND metric.key IN (of_another.key || '_ci_low', of_another.key || '_ci_high', of_another.key || '_cv')
);

CREATE VIEW bi.hosts AS
SELECT DISTINCT ON (host)
    host,
    fleet,
    os_family,
    os,
    host_model,
    cpu,
    gpu,
    memory_gb,
    status AS last_status,
    finished_at AS last_result_at,
    count(*) OVER of_host AS results,
    count(*) FILTER (WHERE NOT usable) OVER of_host AS results_not_usable
FROM bi.results
WINDOW of_host AS (PARTITION BY host)
ORDER BY host ASC, finished_at DESC;

CREATE VIEW bi.latest AS
SELECT DISTINCT ON (host, benchmark, variant, model, metric) *
FROM bi.metrics
WHERE usable AND kind = 'measurement'
ORDER BY host ASC, benchmark ASC, variant ASC, model ASC, metric ASC, finished_at DESC;
