"""Every catalogue on one screen: what can be named, and where it lives.

A member is one line here and one file (or one class) there. The values are import paths, so that this module costs
nothing to import and a name can be checked, or a near miss suggested, before anything heavy is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import Mistake, SpecError, did_you_mean

SOURCES = {  # asked in this order
    "frame": "ranvier.data.source.frame",
    "arrays": "ranvier.data.source.arrays",
    "sample": "ranvier.data.source.sample",
    "idx": "ranvier.data.source.idx",
    "class_folders": "ranvier.data.source.class_folders",
    "several": "ranvier.data.source.several",
    "database": "ranvier.data.source.database",
    "parquet": "ranvier.data.source.parquet",
    "arrow": "ranvier.data.source.arrow",
    "json": "ranvier.data.source.json",
    "numpy": "ranvier.data.source.numpy",
    "excel": "ranvier.data.source.excel",
    "ts": "ranvier.data.source.ts",
    "conll": "ranvier.data.source.conll",
    "csv": "ranvier.data.source.csv",
}

SAMPLES = {
    "digits": "1,797 handwritten digits of 8x8 pixels; target digit",
    "iris": "150 iris flowers, 4 measurements; target species",
    "wine": "178 wines, 13 chemical measurements; target cultivar",
    "breast_cancer": "569 tumours, 30 measurements; target diagnosis",
    "bicycles": "1,000 simulated offers of used bicycles, 11 columns of all kinds; target sold",
    "diabetes": "442 patients, 10 measurements; target progression",
    "mnist": "70,000 handwritten digits of 28x28 pixels, downloaded; target digit",
    "fashion_mnist": "70,000 garments of 28x28 pixels, downloaded; target garment",
    "cifar10": "60,000 colour pictures of 32x32 pixels, downloaded; target object",
}

KINDS = {
    "number": "ranvier.data.kinds.number:Number",
    "category": "ranvier.data.kinds.category:Category",
    "boolean": "ranvier.data.kinds.boolean:Boolean",
    "quantity": "ranvier.data.kinds.quantity:Quantity",
    "date": "ranvier.data.kinds.date:Date",
    "labels": "ranvier.data.kinds.labels:Labels",
    "image": "ranvier.data.kinds.image:Picture",
    "vector": "ranvier.data.kinds.vector:Vector",
    "text": "ranvier.data.kinds.text:Text",
    "series": "ranvier.data.kinds.series:Series",
    "audio": "ranvier.data.kinds.audio:Audio",
    "tokens": "ranvier.data.kinds.tokens:TokenLists",
}

ENCODERS = {  # by the name of a kind its default encoder; then those that a network names
    "number": "ranvier.network.encoders:Numbers",
    "category": "ranvier.network.encoders:Embeddings",
    "boolean": "ranvier.network.encoders:Numbers",
    "quantity": "ranvier.network.encoders:Numbers",
    "date": "ranvier.network.encoders:Numbers",
    "labels": "ranvier.network.encoders:Numbers",
    "vector": "ranvier.network.encoders:Numbers",
    "image": "ranvier.network.pictures.encoders:Pictures",
    "text": "ranvier.network.texts:texts",
    "series": "ranvier.network.series:series",
    "audio": "ranvier.network.sounds:sounds",
    "tokens": "ranvier.network.tokens:Tokens",
    "pixels": "ranvier.network.pictures.encoders:Pixels",  # for a network that names it
    "piecewise": "ranvier.network.piecewise:Piecewise",  # for a network that names it
}

NETWORKS = {
    "perceptron": "ranvier.network.perceptron:Perceptron",
    "linear": "ranvier.network.linear:Linear",
    "mlp": "ranvier.network.mlp:MLP",
    "tabm": "ranvier.network.tabm:TabM",
    "compact": "ranvier.network.pictures.compact:compact",  # from here on for pictures
    "lenet5": "ranvier.network.pictures.lenet:lenet5",
    "alexnet": "ranvier.network.pictures.alexnet:alexnet",
    "vgg11": "ranvier.network.pictures.vgg:vgg11",
    "vgg11_bn": "ranvier.network.pictures.vgg:vgg11_bn",
    "vgg13": "ranvier.network.pictures.vgg:vgg13",
    "vgg13_bn": "ranvier.network.pictures.vgg:vgg13_bn",
    "vgg16": "ranvier.network.pictures.vgg:vgg16",
    "vgg16_bn": "ranvier.network.pictures.vgg:vgg16_bn",
    "vgg19": "ranvier.network.pictures.vgg:vgg19",
    "vgg19_bn": "ranvier.network.pictures.vgg:vgg19_bn",
    "resnet18": "ranvier.network.pictures.resnet:resnet18",
    "resnet34": "ranvier.network.pictures.resnet:resnet34",
    "resnet50": "ranvier.network.pictures.resnet:resnet50",
    "resnet101": "ranvier.network.pictures.resnet:resnet101",
    "resnet152": "ranvier.network.pictures.resnet:resnet152",
    "resnet20": "ranvier.network.pictures.resnet:resnet20",
    "resnet32": "ranvier.network.pictures.resnet:resnet32",
    "resnet44": "ranvier.network.pictures.resnet:resnet44",
    "resnet56": "ranvier.network.pictures.resnet:resnet56",
    "ngrams": "ranvier.network.ngrams:Ngrams",  # from here on for sequences
    "text_cnn": "ranvier.network.text_cnn:TextCNN",
    "transformer": "ranvier.network.transformer:Transformer",
    "bert": "ranvier.network.bert:bert",
    "inception": "ranvier.network.inception:Inception",
    "rnn": "ranvier.network.recurrent:rnn",
    "lstm": "ranvier.network.recurrent:lstm",
    "gru": "ranvier.network.recurrent:gru",
    "sound_cnn": "ranvier.network.sounds:SoundCNN",
    "reader": "ranvier.network.reader:Reader",  # for spans of a passage
    "dlinear": "ranvier.network.forecasting.dlinear:DLinear",  # from here on for forecasts
    "nhits": "ranvier.network.forecasting.nhits:NHiTS",
    "tsmixer": "ranvier.network.forecasting.tsmixer:TSMixer",
    "gpt": "ranvier.network.gpt:GPT",  # for text that is written
    "recurrent_translator": "ranvier.network.translation:RecurrentTranslator",  # for translations
    "transformer_translator": "ranvier.network.translation:TransformerTranslator",
}

ACTIVATIONS = {
    "identity": "ranvier.network.activations:Identity",
    "step": "ranvier.network.activations:Step",
    "sigmoid": "ranvier.network.activations:Sigmoid",
    "tanh": "ranvier.network.activations:Tanh",
    "relu": "ranvier.network.activations:ReLU",
    "leaky_relu": "ranvier.network.activations:LeakyReLU",
    "softmax": "ranvier.network.activations:Softmax",
    "elu": "ranvier.network.activations:ELU",
    "selu": "ranvier.network.activations:SELU",
    "softplus": "ranvier.network.activations:Softplus",
    "gelu": "ranvier.network.activations:GELU",
    "silu": "ranvier.network.activations:SiLU",
    "mish": "ranvier.network.activations:Mish",
    "hard_swish": "ranvier.network.activations:HardSwish",
}

INITIALIZERS = {
    "uniform": "ranvier.network.initializers:uniform",
    "normal": "ranvier.network.initializers:normal",
    "xavier_uniform": "ranvier.network.initializers:xavier_uniform",
    "xavier_normal": "ranvier.network.initializers:xavier_normal",
    "he_uniform": "ranvier.network.initializers:he_uniform",
    "he_normal": "ranvier.network.initializers:he_normal",
    "orthogonal": "ranvier.network.initializers:orthogonal",
}

LOSSES = {
    "mse": "ranvier.losses:MSE",
    "mae": "ranvier.losses:MAE",
    "huber": "ranvier.losses:Huber",
    "cross_entropy": "ranvier.losses:CrossEntropy",
    "binary_cross_entropy": "ranvier.losses:BinaryCrossEntropy",
    "focal": "ranvier.losses:Focal",
    "corn": "ranvier.losses:CORN",
    "poisson": "ranvier.losses:Poisson",
    "perceptron": "ranvier.losses:PerceptronCriterion",
    "squared_hinge": "ranvier.losses:SquaredHinge",
    "quantile": "ranvier.losses:Quantile",
    "ctc": "ranvier.losses.positions:CTC",
    "token_cross_entropy": "ranvier.losses.positions:TokenCrossEntropy",
    "span_cross_entropy": "ranvier.losses.positions:SpanCrossEntropy",
}

TASKS = {
    "classify": "ranvier.tasks.classify:Classify",
    "regress": "ranvier.tasks.regress:Regress",
    "count": "ranvier.tasks.count:Count",
    "ordinal": "ranvier.tasks.ordinal:Ordinal",
    "label": "ranvier.tasks.label:Label",
    "forecast": "ranvier.tasks.forecast:Forecast",
    "transcribe": "ranvier.tasks.transcribe:Transcribe",
    "tag": "ranvier.tasks.tag:Tag",
    "answer": "ranvier.tasks.answer:Answer",
    "translate": "ranvier.tasks.translate:Translate",
    "extract": "ranvier.tasks.extract:Extract",
}

TEXT_TASKS = {  # learnt from a corpus of plain text, which has no target column
    "generate": "ranvier.tasks.generate:Generate",
    "pretrain": "ranvier.tasks.pretrain:Pretrain",
}

TARGET_KINDS = {  # by task, the kind of its target; the first task of a kind is taken where none is named
    "classify": "category",
    "regress": "number",
    "count": "number",
    "ordinal": "category",
    "label": "labels",
    "forecast": "number",
    "transcribe": "text",
    "tag": "tokens",
    "answer": "text",
    "translate": "text",
    "extract": "text",
}

METRICS = {
    "accuracy": "ranvier.evaluation.metrics:accuracy",
    "balanced_accuracy": "ranvier.evaluation.metrics:balanced_accuracy",
    "precision_macro": "ranvier.evaluation.metrics:precision_macro",
    "precision_weighted": "ranvier.evaluation.metrics:precision_weighted",
    "recall_macro": "ranvier.evaluation.metrics:recall_macro",
    "recall_weighted": "ranvier.evaluation.metrics:recall_weighted",
    "f1_macro": "ranvier.evaluation.metrics:f1_macro",
    "f1_weighted": "ranvier.evaluation.metrics:f1_weighted",
    "roc_auc": "ranvier.evaluation.metrics:roc_auc",
    "log_loss": "ranvier.evaluation.metrics:log_loss",
    "average_precision": "ranvier.evaluation.more_metrics:average_precision",
    "brier": "ranvier.evaluation.more_metrics:brier",
    "expected_calibration_error": "ranvier.evaluation.calibration_error:expected_calibration_error",
    "lift": "ranvier.evaluation.ranking:lift",
    "top_3_accuracy": "ranvier.evaluation.ranking:top_3_accuracy",
    "top_5_accuracy": "ranvier.evaluation.ranking:top_5_accuracy",
    "cohen_kappa": "ranvier.evaluation.more_metrics:cohen_kappa",
    "mcc": "ranvier.evaluation.more_metrics:mcc",
    "mse": "ranvier.evaluation.metrics:mse",
    "rmse": "ranvier.evaluation.metrics:rmse",
    "mae": "ranvier.evaluation.metrics:mae",
    "r2": "ranvier.evaluation.metrics:r2",
    "mape": "ranvier.evaluation.more_metrics:mape",
    "quadratic_kappa": "ranvier.evaluation.ordered:quadratic_kappa",
    "rank_mae": "ranvier.evaluation.ordered:rank_mae",
    "poisson_deviance": "ranvier.evaluation.ordered:poisson_deviance",
    "labels_f1_micro": "ranvier.evaluation.label_sets:labels_f1_micro",
    "labels_f1_macro": "ranvier.evaluation.label_sets:labels_f1_macro",
    "jaccard": "ranvier.evaluation.label_sets:jaccard",
    "hamming_loss": "ranvier.evaluation.label_sets:hamming_loss",
    "subset_accuracy": "ranvier.evaluation.label_sets:subset_accuracy",
    "mean_average_precision": "ranvier.evaluation.label_sets:mean_average_precision",
    "mase": "ranvier.evaluation.forecasting:mase",
    "smape": "ranvier.evaluation.forecasting:smape",
    "pinball": "ranvier.evaluation.forecasting:pinball",
    "character_error_rate": "ranvier.evaluation.transcripts:character_error_rate",
    "word_error_rate": "ranvier.evaluation.transcripts:word_error_rate",
    "exact_match": "ranvier.evaluation.transcripts:exact_match",
    "token_accuracy": "ranvier.evaluation.tagging:token_accuracy",
    "entity_f1": "ranvier.evaluation.tagging:entity_f1",
    "row_accuracy": "ranvier.evaluation.tagging:row_accuracy",
    "answer_accuracy": "ranvier.evaluation.answering:answer_accuracy",
    "answer_top_3": "ranvier.evaluation.answering:answer_top_3",
    "answer_top_10": "ranvier.evaluation.answering:answer_top_10",
    "reciprocal_rank": "ranvier.evaluation.answering:reciprocal_rank",
    "span_exact": "ranvier.evaluation.extracts:span_exact",
    "span_f1": "ranvier.evaluation.extracts:span_f1",
    "bleu": "ranvier.evaluation.translations:bleu",
    "chrf": "ranvier.evaluation.translations:chrf",
    "rouge_1": "ranvier.evaluation.translations:rouge_1",
    "rouge_2": "ranvier.evaluation.translations:rouge_2",
    "rouge_l": "ranvier.evaluation.translations:rouge_l",
}

BASELINES = {
    "trivial": "ranvier.evaluation.baselines:trivial",
    "linear": "ranvier.evaluation.baselines:linear",
    "trees": "ranvier.evaluation.baselines:trees",
}

OPTIMIZERS = {
    "gradient_descent": "ranvier.training.optimizers:gradient_descent",
    "momentum": "ranvier.training.optimizers:momentum",
    "nesterov": "ranvier.training.optimizers:nesterov",
    "adagrad": "ranvier.training.optimizers:adagrad",
    "rmsprop": "ranvier.training.optimizers:rmsprop",
    "adam": "ranvier.training.optimizers:adam",
    "adamw": "ranvier.training.optimizers:adamw",
    "muon": "ranvier.training.optimizers:muon",
}

SCHEDULES = {
    "constant": "ranvier.training.schedules:Constant",
    "step": "ranvier.training.schedules:Step",
    "exponential": "ranvier.training.schedules:Exponential",
    "cosine": "ranvier.training.schedules:Cosine",
    "warmup": "ranvier.training.schedules:Warmup",
    "cyclic": "ranvier.training.schedules:Cyclic",
    "one_cycle": "ranvier.training.schedules:OneCycle",
    "plateau": "ranvier.training.schedules:Plateau",
}

OBJECTIVES = {
    "supervised": "ranvier.training.objectives.supervised:Supervised",
    "next_token": "ranvier.training.objectives.next_token:NextToken",
    "forced": "ranvier.training.objectives.forced:Forced",
}

CHECKS = {
    "unlearnt_class": "ranvier.insight.checks.unlearnt_class:UnlearntClass",
    "leaking_column": "ranvier.insight.checks.leaking_column:LeakingColumn",
    "linear_relation": "ranvier.insight.checks.linear_relation:LinearRelation",
    "target_runs": "ranvier.insight.checks.target_runs:TargetRuns",
    "sorted_rows": "ranvier.insight.checks.sorted_rows:SortedRows",
    "identifier_input": "ranvier.insight.checks.identifier_input:IdentifierInput",
    "identifier_set_aside": "ranvier.insight.checks.identifier_set_aside:IdentifierSetAside",
    "constant_column": "ranvier.insight.checks.constant_column:ConstantColumn",
    "near_duplicates": "ranvier.insight.checks.near_duplicates:NearDuplicates",
    "parts_differ": "ranvier.insight.checks.parts_differ:PartsDiffer",
    "imbalance": "ranvier.insight.checks.imbalance:Imbalance",
    "small_class": "ranvier.insight.checks.small_class:SmallClass",
    "few_rows": "ranvier.insight.checks.few_rows:FewRows",
    "missing_values": "ranvier.insight.checks.missing_values:MissingValues",
    "skewed_numbers": "ranvier.insight.checks.skewed_numbers:SkewedNumbers",
    "telling_gaps": "ranvier.insight.checks.telling_gaps:TellingGaps",
    "label_noise": "ranvier.insight.checks.label_noise:LabelNoise",
    "heavy_tails": "ranvier.insight.checks.heavy_tails:HeavyTails",
    "one_class_part": "ranvier.insight.checks.one_class_part:OneClassPart",
    "no_better": "ranvier.insight.checks.no_better:NoBetter",
    "never_predicted": "ranvier.insight.checks.never_predicted:NeverPredicted",
}

WIRING_CHECKS = {  # of a program before it trains: rv.check
    "cannot_run": "ranvier.insight.wiring.cannot_run:CannotRun",
    "activation_twice": "ranvier.insight.wiring.activation_twice:ActivationTwice",
    "loss_input": "ranvier.insight.wiring.loss_input:LossInput",
    "target_unfit": "ranvier.insight.wiring.target_unfit:TargetUnfit",
    "broadcast_target": "ranvier.insight.wiring.broadcast_target:BroadcastTarget",
    "output_width": "ranvier.insight.wiring.output_width:OutputWidth",
    "unused_parameter": "ranvier.insight.wiring.unused_parameter:UnusedParameter",
    "unregistered": "ranvier.insight.wiring.unregistered:Unregistered",
    "graph_cut": "ranvier.insight.wiring.graph_cut:GraphCut",
    "not_optimized": "ranvier.insight.wiring.not_optimized:NotOptimized",
    "one_row_norm": "ranvier.insight.wiring.one_row_norm:OneRowNorm",
    "rows_leak": "ranvier.insight.wiring.rows_leak:RowsLeak",
    "noisy": "ranvier.insight.wiring.noisy:Noisy",
    "modes": "ranvier.insight.wiring.modes:Modes",
    "batch_softmax": "ranvier.insight.wiring.batch_softmax:BatchSoftmax",
    "initial_loss": "ranvier.insight.wiring.initial_loss:InitialLoss",
    "still_layer": "ranvier.insight.wiring.still_layer:StillLayer",
    "wrong_derivative": "ranvier.insight.wiring.wrong_derivative:WrongDerivative",
    "input_scale": "ranvier.insight.wiring.input_scale:InputScale",
    "not_finite": "ranvier.insight.wiring.not_finite:NotFinite",
    "frozen": "ranvier.insight.wiring.frozen:Frozen",
    "output_range": "ranvier.insight.wiring.output_range:OutputRange",
    "rate_zero": "ranvier.insight.wiring.rate_zero:RateZero",
    "loss_sign": "ranvier.insight.wiring.loss_sign:LossSign",
    "cannot_overfit": "ranvier.insight.wiring.cannot_overfit:CannotOverfit",
}

TRAINING_CHECKS = {  # of a training while it runs: rv.watch
    "rate_high": "ranvier.insight.watching.rate_high:RateHigh",
    "rate_low": "ranvier.insight.watching.rate_low:RateLow",
    "never_cleared": "ranvier.insight.watching.never_cleared:NeverCleared",
    "no_step": "ranvier.insight.watching.no_step:NoStep",
    "no_gradient": "ranvier.insight.watching.no_gradient:NoGradient",
    "dead_units": "ranvier.insight.watching.dead_units:DeadUnits",
    "saturated": "ranvier.insight.watching.saturated:Saturated",
    "vanishing": "ranvier.insight.watching.vanishing:Vanishing",
    "exploding": "ranvier.insight.watching.exploding:Exploding",
    "not_a_number": "ranvier.insight.watching.not_a_number:NotANumber",
    "shrinking": "ranvier.insight.watching.shrinking:Shrinking",
    "trained_in_evaluation": "ranvier.insight.watching.trained_in_evaluation:TrainedInEvaluation",
    "stuck": "ranvier.insight.watching.stuck:Stuck",
    "overfitting": "ranvier.insight.watching.overfitting:Overfitting",
    "unfinished": "ranvier.insight.watching.unfinished:Unfinished",
    "plateau": "ranvier.insight.watching.plateau:Plateau",
    "oscillation": "ranvier.insight.watching.oscillation:Oscillation",
    "batch_noise": "ranvier.insight.watching.batch_noise:BatchNoise",
    "norm_statistics": "ranvier.insight.watching.norm_statistics:NormStatistics",
    "collapse": "ranvier.insight.watching.collapse:Collapse",
    "growing": "ranvier.insight.watching.growing:Growing",
    "sorted_batches": "ranvier.insight.watching.sorted_batches:SortedBatches",
    "forgetting": "ranvier.insight.watching.forgetting:Forgetting",
    "attention_collapse": "ranvier.insight.watching.attention_collapse:AttentionCollapse",
    "one_side_won": "ranvier.insight.watching.one_side_won:OneSideWon",
}

CATALOGUES: dict[str, dict[str, str]] = {
    "sources": SOURCES,
    "samples": SAMPLES,
    "kinds": KINDS,
    "encoders": ENCODERS,
    "networks": NETWORKS,
    "activations": ACTIVATIONS,
    "initializers": INITIALIZERS,
    "losses": LOSSES,
    "tasks": {**TASKS, **TEXT_TASKS},
    "metrics": METRICS,
    "baselines": BASELINES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "objectives": OBJECTIVES,
    "checks": CHECKS,
    "wiring_checks": WIRING_CHECKS,
    "training_checks": TRAINING_CHECKS,
}


def load(catalogue: str, name: str) -> Any:
    """Import and return the member called ``name``.

    Args:
        catalogue: a key of ``CATALOGUES``.
        name: a key of that catalogue.

    Raises:
        SpecError: there is no member of that name; the sentence suggests the nearest one.
    """
    if mistake := unknown(catalogue, name):
        raise SpecError(mistake)
    module, _, attribute = CATALOGUES[catalogue][name].partition(":")
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def unknown(catalogue: str, name: str) -> Mistake | None:
    """Say what is wrong with ``name``, or None where it is a member of the catalogue.

    >>> print(unknown("optimizers", "adm"))
    There is no optimizer called 'adm'. Did you mean 'adam'?
    """
    members = CATALOGUES[catalogue]
    if name in members:
        return None
    return Mistake(f"there is no {singular(catalogue)} called {name!r}", remedy=did_you_mean(name, members))


def singular(catalogue: str) -> str:
    """What one member of a catalogue is called.

    >>> singular("losses"), singular("baselines")
    ('loss', 'baseline')
    """
    return catalogue.removesuffix("es" if catalogue.endswith("sses") else "s").replace("_", " ")
