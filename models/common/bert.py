"""The architecture of BERT at a small size: learned positions and segments, normalisation after each part, GELU."""

import math

import torch
from torch import nn

from .export import export

HEADS = 4


class Layer(nn.Module):
    """Self-attention that sees both ways, then the feed-forward part, each added and then normalised."""

    def __init__(self, width):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.intermediate, self.dense = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def forward(self, x, mask):
        """[batch, time, width] and what may be seen -> the same, and weights [batch, heads, time, time]."""
        split = lambda part: part.unflatten(-1, (HEADS, -1)).transpose(1, 2)
        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        weights = scores.masked_fill(~mask, -1e30).softmax(-1)
        x = self.norms[0](x + self.output((weights @ value).transpose(1, 2).flatten(2)))
        return self.norms[1](x + self.dense(nn.functional.gelu(self.intermediate(x)))), weights


class Bert(nn.Module):
    """The encoder with its pooler."""

    def __init__(self, vocabulary, positions, width=128, layers=3):
        super().__init__()
        self.word_embeddings, self.position_embeddings = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.token_type_embeddings, self.norm = nn.Embedding(2, width), nn.LayerNorm(width)
        self.layer = nn.ModuleList(Layer(width) for _ in range(layers))
        self.pooler = nn.Linear(width, width)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02 if "embeddings" in name else weight.shape[1] ** -0.5)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)
        # Positions are learned, but begin as sines: a word that is hidden has only its neighbours to go by, and where
        # positions begin at random the network takes long to find out which ones those are.
        angles = torch.arange(positions)[:, None] / 10000 ** (torch.arange(0, width, 2) / width)
        self.position_embeddings.weight.data = 0.03 * torch.stack([angles.sin(), angles.cos()], -1).flatten(1)
        self._look_beside(width)

    def _look_beside(self, width):
        """For the same reason the heads of the first layer begin by looking one and two tokens back and ahead.

        Each reads the fastest sines of a position, which words and segments hardly use at first, and turns them by as
        many steps as it looks away.
        """
        size, first = width // HEADS, self.layer[0]
        for table in (self.word_embeddings, self.token_type_embeddings):
            table.weight.data[:, :size] *= 0.1
        speeds = 1 / 10000 ** (torch.arange(0, size, 2) / width)
        for part in (first.query, first.key):
            nn.init.normal_(part.weight, std=0.02)
        for head, away in enumerate([-1, 1, -2, 2]):
            for pair, speed in enumerate(speeds):
                at, row = 2 * pair, head * size + 2 * pair
                cosine, sine = math.cos(away * speed), math.sin(away * speed)
                first.key.weight.data[row : row + 2, at : at + 2] += 2 * torch.eye(2)
                first.query.weight.data[row : row + 2, at : at + 2] += 2 * torch.tensor([[cosine, sine], [-sine, cosine]])

    def forward(self, input_ids, attention_mask, token_type_ids):
        """int64 [batch, time] each -> [batch, time, width], the pooled first token [batch, width], weights of every layer."""
        places = torch.arange(input_ids.shape[1])[None]
        x = self.norm(self.word_embeddings(input_ids) + self.position_embeddings(places) + self.token_type_embeddings(token_type_ids))
        kept = []
        for layer in self.layer:
            x, weights = layer(x, (attention_mask > 0)[:, None, None])
            kept.append(weights)
        return x, self.pooler(x[:, 0]).tanh(), kept


class PreTraining(nn.Module):
    """BERT with its two heads: the hidden word (tied to the embedding), and whether the second text follows the first."""

    OUTPUTS = {
        "logits": {0: "batch_size", 1: "sequence_length"},
        "seq_relationship_logits": {0: "batch_size"},
        "last_hidden_state": {0: "batch_size", 1: "sequence_length"},
        "attentions": {0: "batch_size", 3: "sequence_length", 4: "sequence_length"},
    }

    def __init__(self, vocabulary, positions):
        super().__init__()
        self.bert = Bert(vocabulary, positions)
        width = self.bert.pooler.out_features
        self.transform, self.norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.bias, self.seq_relationship = nn.Parameter(torch.zeros(vocabulary)), nn.Linear(width, 2)

    def words(self, x):
        """Vectors [.., width] to logits [.., vocabulary]."""
        return self.norm(nn.functional.gelu(self.transform(x))) @ self.bert.word_embeddings.weight.T + self.bias

    def forward(self, input_ids, attention_mask, token_type_ids):
        x, pooled, weights = self.bert(input_ids, attention_mask, token_type_ids)
        return self.words(x), self.seq_relationship(pooled), x, torch.stack(weights, 1)


def head(width, classes):
    """A linear layer as BERT's heads begin."""
    made = nn.Linear(width, classes)
    nn.init.normal_(made.weight, std=0.02)
    nn.init.zeros_(made.bias)
    return made


class Classifier(nn.Module):
    """BERT with one linear layer on the mean of the last vectors.

    The first token is BERT's own choice; where the second game taught it little, the mean learns from far fewer labels.
    """

    OUTPUTS = {"logits": {0: "batch_size"}}

    def __init__(self, bert, classes=2):
        super().__init__()
        self.bert, self.classifier = bert, head(bert.pooler.out_features, classes)

    def forward(self, input_ids, attention_mask, token_type_ids):
        seen = attention_mask[:, :, None].float()
        x = self.bert(input_ids, attention_mask, token_type_ids)[0]
        return (self.classifier((x * seen).sum(1) / seen.sum(1)),)


class TokenClassifier(nn.Module):
    """BERT with one linear layer on every token."""

    OUTPUTS = {"logits": {0: "batch_size", 1: "sequence_length"}}

    def __init__(self, bert, classes):
        super().__init__()
        self.bert, self.classifier = bert, head(bert.pooler.out_features, classes)

    def forward(self, input_ids, attention_mask, token_type_ids):
        return (self.classifier(self.bert(input_ids, attention_mask, token_type_ids)[0]),)


class Answering(nn.Module):
    """BERT with two numbers on every token: how well an answer begins there, and how well it ends there."""

    OUTPUTS = {name: {0: "batch_size", 1: "sequence_length"} for name in ("start_logits", "end_logits")}

    def __init__(self, bert):
        super().__init__()
        self.bert, self.qa_outputs = bert, head(bert.pooler.out_features, 2)

    def forward(self, input_ids, attention_mask, token_type_ids):
        start, end = self.qa_outputs(self.bert(input_ids, attention_mask, token_type_ids)[0]).unbind(-1)
        return start, end


def save(model, path):
    """Writes any of them with `input_ids`, `attention_mask`, `token_type_ids`, as public exports have them; weights in 8 bits."""
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in inputs} | model.OUTPUTS
    ids = torch.ones(2, 5, dtype=torch.int64)
    export(model, (ids, ids, ids * 0), path, inputs, list(model.OUTPUTS), axes, weights="int8")
    model.train()


def optimizers(model, rate):
    """Muon for the matrices inside the layers, Adam for all else that is not frozen."""
    inside = [p for name, p in model.named_parameters() if ".layer." in name and p.dim() == 2]
    known = {id(p) for p in inside}
    outside = [p for p in model.parameters() if id(p) not in known and p.requires_grad]
    return [torch.optim.Muon(inside, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"), torch.optim.Adam(outside, lr=rate, betas=(0.9, 0.98))]
